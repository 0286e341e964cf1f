import { AddressSpace, MemoryRegion } from 'guestmem'
import { describe, expect, test } from 'vitest'
import { countUpdates, QUIET, shown } from '../support/board.ts'

function io(name: string, size = 16): MemoryRegion {
  return MemoryRegion.io(name, QUIET, size)
}

function container(name: string, size: number, ...children: (readonly [number, MemoryRegion])[]): MemoryRegion {
  const made = MemoryRegion.container(name, size)
  for (const [address, child] of children) made.addSubregion(address, child)
  return made
}

function view(root: MemoryRegion) {
  return new AddressSpace('space', root).view
}

describe('C3 views are shared', () => {
  test('by all spaces over one root', () => {
    const root = container('root', 256, [0, io('a')], [32, io('b')])
    expect(view(root)).toBe(view(root))
    expect(view(root).root).toBe(root)
  })

  test('by roots that show the same: an alias of the start, a container of one that fits', () => {
    const bus = container('bus', 256, [0, io('a')], [32, io('b')])
    const same = view(bus)
    expect(view(MemoryRegion.alias('whole', bus, 0, 256))).toBe(same)
    expect(view(MemoryRegion.alias('more', bus, 0, 512))).toBe(same)
    expect(view(MemoryRegion.alias('twice', MemoryRegion.alias('once', bus, 0, 256), 0, 300))).toBe(same)
    const holder = container('holder', 256, [0, bus])
    expect(view(holder)).toBe(same)
    const unseen = io('unseen')
    unseen.setEnabled(false)
    holder.addSubregion(64, unseen)
    expect(view(holder)).toBe(same)
    unseen.setEnabled(true)
    expect(view(holder)).not.toBe(same)
  })

  test('and not where a window is smaller, begins further in, or is readonly', () => {
    const bus = container('bus', 256, [0, io('a')], [32, io('b')])
    const whole = MemoryRegion.alias('whole', bus, 0, 256)
    whole.setReadonly(true)
    const smaller = MemoryRegion.alias('smaller', bus, 0, 255)
    const further = MemoryRegion.alias('further', bus, 1, 256)
    const views = [bus, whole, smaller, further].map(view)
    expect(new Set(views).size).toBe(4)
    expect(views.map(({ root }) => root)).toEqual([bus, whole, smaller, further])
    expect(views[1]?.ranges.every(({ readonly }) => readonly)).toBe(true)
  })

  test('a container is passed over only for one child, at 0, that fits', () => {
    const inner = () => container('inner', 128, [0, io('a')], [32, io('b')])
    const [moved, large] = [inner(), inner()]
    expect(view(container('holder', 256, [16, moved])).root?.name).toBe('holder')
    expect(view(container('holder', 64, [0, large])).root?.name).toBe('holder')
    const leaf = io('leaf')
    leaf.addSubregion(0, inner())
    expect(view(container('holder', 256, [0, leaf])).root).toBe(leaf)
  })

  test('one view of nothing for all: no child, a disabled one, a disabled root', () => {
    const off = io('off')
    off.setEnabled(false)
    const nothing = view(container('empty', 16))
    expect([nothing.ranges, nothing.root, nothing.find(0)]).toEqual([[], undefined, undefined])
    expect(view(off)).toBe(nothing)
    expect(view(container('holder', 16, [0, off]))).toBe(nothing)
    expect(view(MemoryRegion.alias('alias', off, 0, 16))).toBe(nothing)
    expect(view(container('nested', 16, [0, container('empty', 16)]))).toBe(nothing)
  })

  test('quirk: a root alias shows its target from the start, wherever that lies in its container', () => {
    const target = io('target')
    container('elsewhere', 256, [100, target])
    expect(shown(view(MemoryRegion.alias('alias', target, 0, 16)))).toEqual([[0, 16, 'target', 0]])
  })
})

describe('a view is immutable, and stays while nothing in it changes', () => {
  test('it is frozen, and one that was kept shows what was', () => {
    const a = io('a')
    const root = container('root', 256, [0, a], [32, io('b')])
    const space = new AddressSpace('space', root)
    const kept = space.view
    expect(Object.isFrozen(kept.ranges)).toBe(true)
    const before = shown(kept)
    a.setAddress(64)
    expect(space.view).not.toBe(kept)
    expect(shown(kept)).toEqual(before)
    expect(kept.find(0)?.region).toBe(a)
  })

  test('a change elsewhere does not make a new one', () => {
    const [left, right] = [container('left', 64, [0, io('a')], [16, io('b')]), container('right', 64, [0, io('c')])]
    const spaces = [left, right].map(root => new AddressSpace(root.name, root))
    const views = spaces.map(space => space.view)
    const updates = spaces.map(countUpdates)
    right.addSubregion(16, io('d'))
    expect(updates.map(({ count }) => count)).toEqual([0, 1])
    expect(spaces[0]?.view).toBe(views[0])
    expect(spaces[1]?.view).not.toBe(views[1])
  })

  test('a part that is shown again after its target changed is up to date', () => {
    const target = container('target', 64, [0, io('a', 8)])
    const window = MemoryRegion.alias('window', target, 0, 48)
    const root = container('root', 64, [0, window])
    const space = new AddressSpace('space', root)
    expect(shown(space)).toEqual([[0, 8, 'a', 0]])
    root.removeSubregion(window)
    target.addSubregion(16, io('b', 8))
    root.addSubregion(0, window)
    expect(shown(space)).toEqual([
      [0, 8, 'a', 0],
      [16, 24, 'b', 0],
    ])
  })

  test('a space over an alias whose last space was destroyed is up to date', () => {
    const target = container('target', 64, [0, io('a', 8)])
    const window = MemoryRegion.alias('window', target, 0, 48)
    const first = new AddressSpace('first', window)
    expect(first.view.ranges).toHaveLength(1)
    first.destroy()
    target.addSubregion(16, io('b', 8))
    expect(new AddressSpace('second', window).view.ranges).toHaveLength(2)
  })
})

describe('FlatView.find', () => {
  test('gives the range that holds an address', () => {
    const found = view(container('root', 256, [16, io('a')], [32, io('b')], [64, io('c')]))
    const at = (address: number) => found.find(address)?.region.name
    expect([0, 15, 16, 31, 32, 47, 48, 63, 64, 79, 80, 2 ** 52].map(at)).toEqual([
      undefined,
      undefined,
      'a',
      'a',
      'b',
      'b',
      undefined,
      undefined,
      'c',
      'c',
      undefined,
      undefined,
    ])
  })
})
