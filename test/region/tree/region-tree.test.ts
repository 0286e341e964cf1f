import fc from 'fast-check'
import { AddressSpace, MemoryRegion } from 'guestmem'
import { describe, expect, test } from 'vitest'
import { QUIET, shown } from '../../support/board.ts'
import { LONG, runs } from '../../support/campaign.ts'

function io(name: string, size = 16): MemoryRegion {
  return MemoryRegion.io(name, QUIET, size)
}

function names(container: MemoryRegion): string[] {
  return container.subregions.map(region => region.name)
}

/** Three of priority 1 and one of each neighbour, in the order in which they lie. */
function family(): { root: MemoryRegion; a: MemoryRegion; b: MemoryRegion; c: MemoryRegion } {
  const root = MemoryRegion.container('root', 256)
  const [a, b, c] = [io('a'), io('b'), io('c')]
  root.addSubregion(0, io('low'), 0)
  root.addSubregion(0, a, 1)
  root.addSubregion(16, b, 1)
  root.addSubregion(32, c, 1)
  root.addSubregion(64, io('high'), 2)
  return { root, a, b, c }
}

describe('B1 adding', () => {
  test('keeps subregions by priority, and among equals the latest is seen', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -2, max: 2 }), { maxLength: 12, ...LONG }), priorities => {
        const root = MemoryRegion.container('root', 16)
        const space = new AddressSpace('space', root)
        priorities.forEach((priority, index) => {
          root.addSubregion(0, io(`${index}`), priority)
        })
        const order = priorities.map((priority, index) => ({ priority, index }))
        order.sort((x, y) => x.priority - y.priority || x.index - y.index)
        expect(names(root)).toEqual(order.map(({ index }) => `${index}`))
        expect(space.view.find(0)?.region.name).toBe(order.length === 0 ? undefined : `${order.at(-1)?.index}`)
      }),
      runs(200),
    )
  })

  test('takes every signed 32-bit priority', () => {
    const root = MemoryRegion.container('root', 16)
    const space = new AddressSpace('space', root)
    const [least, most] = [io('least'), io('most')]
    root.addSubregion(0, most, 2 ** 31 - 1)
    root.addSubregion(0, io('middle'))
    root.addSubregion(0, least, -(2 ** 31))
    expect(names(root)).toEqual(['least', 'middle', 'most'])
    expect(shown(space)).toEqual([[0, 16, 'most', 0]])
    expect([least.priority, most.priority]).toEqual([-(2 ** 31), 2 ** 31 - 1])
  })

  test('links the region to its container', () => {
    const { root, b } = family()
    expect(b.container).toBe(root)
    expect([b.address, b.priority, b.enabled]).toEqual([16, 1, true])
    expect(root.container).toBeUndefined()
  })
})

describe('B2 moving', () => {
  test('puts a region in front of its equals, and not in front of higher ones', () => {
    const { root, a } = family()
    a.setAddress(48)
    expect(names(root)).toEqual(['low', 'b', 'c', 'a', 'high'])
    expect([a.address, a.priority, a.container]).toEqual([48, 1, root])
  })

  test('to where it is does nothing', () => {
    const { root, a } = family()
    const space = new AddressSpace('space', root)
    const { view } = space
    a.setAddress(0)
    expect(names(root)).toEqual(['low', 'a', 'b', 'c', 'high'])
    expect(space.view).toBe(view)
  })

  test('without a container is remembered', () => {
    const lone = io('lone')
    lone.setAddress(7)
    expect(lone.address).toBe(7)
    expect(lone.container).toBeUndefined()
  })

  test('a BAR that is mapped again over others of its priority is seen', () => {
    const { root, a } = family()
    const space = new AddressSpace('space', root)
    a.setAddress(24)
    expect(shown(space)).toEqual([
      [0, 16, 'low', 0],
      [16, 24, 'b', 0],
      [24, 40, 'a', 0],
      [40, 48, 'c', 8],
      [64, 80, 'high', 0],
    ])
  })

  test('other changes keep the place', () => {
    const { root, a } = family()
    const alias = MemoryRegion.alias('alias', io('target', 64), 0, 16)
    root.addSubregion(8, alias, 1)
    root.addSubregion(8, io('last'), 1)
    const before = names(root)
    a.setEnabled(false)
    a.setEnabled(true)
    a.setSize(40)
    a.setReadonly(true)
    alias.setAliasOffset(8)
    expect(names(root)).toEqual(before)
    expect([a.size, a.readonly, a.enabled, alias.targetOffset]).toEqual([40, true, true, 8])
  })
})

test('B3 removing keeps address and priority, and the region can be added elsewhere', () => {
  const { root, b } = family()
  const space = new AddressSpace('space', root)
  root.removeSubregion(b)
  expect(names(root)).toEqual(['low', 'a', 'c', 'high'])
  expect([b.container, b.address, b.priority]).toEqual([undefined, 16, 1])
  expect(space.view.find(16)).toBeUndefined()
  root.addSubregion(20, b, 3)
  expect(names(root)).toEqual(['low', 'a', 'c', 'high', 'b'])
  expect(space.view.find(20)?.region).toBe(b)
})

describe('B4 what has the map rendered', () => {
  test('every change that is seen, at once', () => {
    const root = MemoryRegion.container('root', 256)
    const space = new AddressSpace('space', root)
    const target = io('target', 64)
    const a = io('a')
    const alias = MemoryRegion.alias('alias', target, 0, 16)
    root.addSubregion(0, a)
    expect(shown(space)).toEqual([[0, 16, 'a', 0]])
    root.addSubregion(16, alias)
    expect(space.view.find(20)).toMatchObject({ region: target, offset: 0 })
    alias.setAliasOffset(32)
    expect(space.view.find(20)).toMatchObject({ region: target, offset: 32 })
    alias.setReadonly(true)
    expect(space.view.find(20)?.readonly).toBe(true)
    a.setAddress(4)
    expect(space.view.find(0)).toBeUndefined()
    a.setSize(8)
    expect(space.view.find(12)).toBeUndefined()
    a.setEnabled(false)
    expect(space.view.find(4)).toBeUndefined()
    a.setEnabled(true)
    expect(space.view.find(4)?.region).toBe(a)
    root.removeSubregion(a)
    expect(space.view.find(4)).toBeUndefined()
  })

  test('nothing that leaves a value as it is', () => {
    const { root, a } = family()
    const alias = MemoryRegion.alias('alias', a, 4, 8)
    root.addSubregion(128, alias)
    const space = new AddressSpace('space', root)
    const { view } = space
    a.setEnabled(true)
    a.setSize(16)
    a.setReadonly(false)
    alias.setAliasOffset(4)
    expect(space.view).toBe(view)
  })

  test('nothing under a disabled container, until that is enabled', () => {
    const root = MemoryRegion.container('root', 256)
    const middle = MemoryRegion.container('middle', 64)
    root.addSubregion(32, middle)
    root.addSubregion(0, io('a'))
    middle.setEnabled(false)
    const space = new AddressSpace('space', root)
    const { view } = space
    const b = io('b')
    middle.addSubregion(0, b)
    b.setAddress(8)
    b.setReadonly(true)
    b.setSize(4)
    b.setEnabled(false)
    b.setEnabled(true)
    expect(space.view).toBe(view)
    middle.setEnabled(true)
    expect(shown(space)).toEqual([
      [0, 16, 'a', 0],
      [40, 44, 'b', 0, 'ro'],
    ])
  })

  test('B5 a change in the target of aliases, through each of them', () => {
    const target = MemoryRegion.container('target', 64)
    const inner = MemoryRegion.alias('inner', target, 0, 64)
    const outer = MemoryRegion.alias('outer', inner, 0, 64)
    const root = MemoryRegion.container('root', 256)
    const space = new AddressSpace('space', root)
    root.addSubregion(64, outer)
    target.addSubregion(8, io('a'))
    expect(shown(space)).toEqual([[72, 88, 'a', 0]])
    root.removeSubregion(outer)
    expect(shown(space)).toEqual([])
    target.addSubregion(32, io('b'))
    root.addSubregion(128, outer)
    expect(shown(space)).toEqual([
      [136, 152, 'a', 0],
      [160, 176, 'b', 0],
    ])
  })
})
