import { AddressSpace, MemoryRegion } from 'guestmem'
import { describe, expect, test } from 'vitest'
import { QUIET, shown } from '../../support/board.ts'

/** All that can be seen of some regions. */
function state(regions: readonly MemoryRegion[]): unknown[] {
  return regions.map(region => [
    region.name,
    region.address,
    region.size,
    region.priority,
    region.enabled,
    region.readonly,
    region.targetOffset,
    region.container?.name,
    region.subregions.map(subregion => subregion.name),
  ])
}

/** A system of 4 KiB with a device at 0x100, a bus at 0x200, and on that a window of the system, added or not. */
function board() {
  const root = MemoryRegion.container('system', 0x1000)
  const device = MemoryRegion.io('device', QUIET, 0x10)
  const bus = MemoryRegion.container('bus', 0x400)
  const other = MemoryRegion.container('other', 0x10)
  const window = MemoryRegion.alias('window', root, 0x100, 0x40)
  root.addSubregion(0x100, device)
  root.addSubregion(0x200, bus)
  bus.addSubregion(0x300, other)
  const space = new AddressSpace('space', root)
  const regions = [root, device, bus, other, window]
  return { root, device, bus, other, window, space, regions }
}

function expectRefused(given: ReturnType<typeof board>, argument: string, change: () => void): void {
  const before = state(given.regions)
  const { view } = given.space
  expect(change).toThrow(RangeError)
  expect(change).toThrow(new RegExp(`^${argument}: .*without end`))
  expect(state(given.regions)).toEqual(before)
  expect(given.space.view).toBe(view)
}

describe('A6 an alias of an ancestor', () => {
  test('is legal where what it shows does not reach the alias', () => {
    const { bus, window, space } = board()
    bus.addSubregion(0, window)
    expect(shown(space)).toEqual([
      [0x100, 0x110, 'device', 0],
      [0x200, 0x210, 'device', 0],
    ])
  })

  test('is legal where what it shows shrinks with each turn', () => {
    const { bus, root, space } = board()
    bus.addSubregion(0, MemoryRegion.alias('part', root, 0x1c0, 0x60))
    expect(shown(space)).toEqual([[0x100, 0x110, 'device', 0]])
    root.addSubregion(0x1f0, MemoryRegion.io('low', QUIET, 0x8))
    expect(shown(space)).toEqual([
      [0x100, 0x110, 'device', 0],
      [0x1f0, 0x1f8, 'low', 0],
      [0x230, 0x238, 'low', 0],
    ])
  })

  test('takes up to 64 turns', () => {
    const build = (size: number) => {
      const root = MemoryRegion.container('root', size)
      root.addSubregion(0, MemoryRegion.io('cell', QUIET, 1), -1)
      const echo = MemoryRegion.alias('echo', root, 0, size)
      return { root, echo }
    }
    const small = build(32)
    small.root.addSubregion(1, small.echo)
    const space = new AddressSpace('space', small.root)
    expect(space.view.ranges).toHaveLength(32)
    expect(space.view.ranges.every(({ offset, region }) => region.name === 'cell' && offset === 0)).toBe(true)
    const large = build(1000)
    expect(() => large.root.addSubregion(1, large.echo)).toThrow(/^region: .*without end/)
  })

  test('of its own start, or past it, is refused when added', () => {
    const given = board()
    for (const [offset, size] of [
      [0x200, 0x10],
      [0x200, 0x400],
      [0x1000, 0x1000],
    ] as const) {
      const alias = MemoryRegion.alias('alias', given.root, offset, size)
      given.regions.push(alias)
      if (offset === 0x1000) given.bus.addSubregion(0, alias)
      else expectRefused(given, 'region', () => given.bus.addSubregion(0, alias))
    }
  })
})

describe('A6 what would make one show itself without end is refused, and the tree is as it was', () => {
  test('adding a container that holds it', () => {
    const given = board()
    const inner = MemoryRegion.container('inner', 0x100)
    given.regions.push(inner)
    inner.addSubregion(0x10, MemoryRegion.alias('loop', given.root, 0x210, 0x20))
    expectRefused(given, 'region', () => given.bus.addSubregion(0, inner, 5))
    given.bus.addSubregion(0x80, inner, 5)
    expect(inner.container).toBe(given.bus)
  })

  test('a loop through two aliases', () => {
    const given = board()
    const first = MemoryRegion.alias('first', given.root, 0x200, 0x10)
    const second = MemoryRegion.alias('second', first, 0, 0x10)
    given.regions.push(first, second)
    expectRefused(given, 'region', () => given.bus.addSubregion(0, second))
  })

  test('moving it, or what holds it', () => {
    const given = board()
    given.bus.addSubregion(0x100, given.window)
    given.window.setAliasOffset(0x200)
    given.bus.addSubregion(0, MemoryRegion.io('equal', QUIET, 1))
    expectRefused(given, 'address', () => given.window.setAddress(0))
    given.window.setAddress(0x80)
    expect(given.window.address).toBe(0x80)
    expectRefused(given, 'address', () => given.bus.setAddress(0x180))
  })

  test('resizing it', () => {
    const given = board()
    given.bus.addSubregion(0, given.window)
    given.window.setAliasOffset(0x1ff)
    given.window.setSize(0x20)
    expectRefused(given, 'size', () => given.window.setSize(0x80))
    expect(given.window.size).toBe(0x20)
  })

  test('resizing what clips it', () => {
    const given = board()
    given.bus.setSize(0x100)
    given.bus.addSubregion(0x200, given.window)
    given.window.setAliasOffset(0x400)
    expectRefused(given, 'size', () => given.bus.setSize(0x400))
    given.bus.setSize(0x200)
    expect(given.bus.size).toBe(0x200)
  })

  test('enabling it, its target or what holds it', () => {
    for (const which of ['window', 'bus', 'root'] as const) {
      const given = board()
      given[which].setEnabled(false)
      given.bus.addSubregion(0, given.window)
      given.window.setAliasOffset(0x200)
      expectRefused(given, 'enabled', () => given[which].setEnabled(true))
      given.window.setAliasOffset(0x100)
      given[which].setEnabled(true)
      expect(given[which].enabled).toBe(true)
    }
  })

  test('showing another part', () => {
    const given = board()
    given.bus.addSubregion(0, given.window)
    expectRefused(given, 'offset', () => given.window.setAliasOffset(0x200))
    given.window.setAliasOffset(0x1c0)
    expect(given.window.targetOffset).toBe(0x1c0)
  })
})
