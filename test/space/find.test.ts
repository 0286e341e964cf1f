import { AddressSpace, findRange, isPresent, MemoryRegion } from 'guestmem'
import { describe, expect, test } from 'vitest'
import { block, PAGE, QUIET } from '../support/board.ts'

function io(name: string, size = 16): MemoryRegion {
  return MemoryRegion.io(name, QUIET, size)
}

/** 0x100: a, 0x110: b over a bus at 0x100, of which bytes from 0x130 on are RAM seen through an alias. */
function board() {
  const root = MemoryRegion.container('root', 2 ** 32)
  const bus = MemoryRegion.container('bus', 0x1000)
  const [a, b] = [io('a'), io('b')]
  const ram = MemoryRegion.ram('ram', block(PAGE))
  bus.addSubregion(0, a)
  bus.addSubregion(0x10, b)
  const window = MemoryRegion.alias('window', ram, 0x40, 0x20)
  window.setReadonly(true)
  bus.addSubregion(0x30, window)
  root.addSubregion(0x100, bus)
  return { root, bus, a, b, ram, window, space: new AddressSpace('space', root) }
}

describe('D1 findRange', () => {
  test('gives the lowest range that is among the bytes, cut to them', () => {
    const { root, bus, a, b, ram, space } = board()
    const find = (region: MemoryRegion, address: number, size: number): unknown => {
      const found = findRange(region, address, size)
      if (found === undefined) return undefined
      expect(found.space).toBe(space)
      return [found.region.name, found.start, found.offset, found.end - found.start, found.readonly]
    }
    expect(find(root, 0x104, 4)).toEqual(['a', 0x104, 4, 4, false])
    expect(find(bus, 4, 4)).toEqual(['a', 0x104, 4, 4, false])
    expect(find(b, 4, 100)).toEqual(['b', 0x114, 4, 12, false])
    expect(find(a, 0, 0x1000)).toEqual(['a', 0x100, 0, 16, false])
    // From a region on, what lies behind it too.
    expect(find(a, 16, 1)).toEqual(['b', 0x110, 0, 1, false])
    expect(find(root, 0, 0x101)).toEqual(['a', 0x100, 0, 1, false])
    expect(find(root, 0, 0x100)).toBeUndefined()
    expect(find(root, 0x120, 0x14)).toEqual(['ram', 0x130, 0x40, 4, true])
    expect(find(root, 0x148, 2 ** 53)).toEqual(['ram', 0x148, 0x58, 8, true])
    expect(find(root, 0x150, 2 ** 53)).toBeUndefined()
    expect(find(root, 2 ** 53 - 1, 2 ** 53)).toBeUndefined()
    expect(find(bus, 2 ** 53 - 1, 1)).toBeUndefined()
    // The RAM itself is in no container, and no root.
    expect(find(ram, 0x40, 1)).toBeUndefined()
  })

  test('no bytes at all are found strictly inside a range', () => {
    const { root } = board()
    const at = (address: number) => findRange(root, address, 0)
    expect([0xff, 0x100, 0x110, 0x120, 0x130, 0x150].map(at)).toEqual(new Array(6).fill(undefined))
    expect([0x101, 0x11f, 0x131].map(address => at(address)?.region.name)).toEqual(['a', 'b', 'ram'])
    expect(at(0x111)).toMatchObject({ start: 0x111, end: 0x111, offset: 1 })
  })

  test('looks in a space whose root is the topmost container, and in no other', () => {
    const { root, bus, a, space } = board()
    const loose = MemoryRegion.container('loose', 64)
    const child = io('child')
    loose.addSubregion(0, child)
    expect(findRange(child, 0, 1)).toBeUndefined()
    const late = new AddressSpace('late', loose)
    expect(findRange(child, 0, 1)?.space).toBe(late)
    // A space over a part is none of the top's.
    const part = new AddressSpace('part', bus)
    expect(findRange(a, 0, 1)?.space).toBe(space)
    space.destroy()
    expect(findRange(a, 0, 1)).toBeUndefined()
    part.destroy()
    expect(findRange(root, 0x100, 1)).toBeUndefined()
  })

  test('sees the map as it was rendered last, and what hides a region', () => {
    const { root, a } = board()
    const over = io('over', 8)
    root.addSubregion(0x100, over, 1)
    expect(findRange(a, 0, 16)).toMatchObject({ region: over, start: 0x100, end: 0x108 })
    MemoryRegion.transaction(() => {
      over.setEnabled(false)
      expect(findRange(a, 0, 16)?.region).toBe(over)
    })
    expect(findRange(a, 0, 16)).toMatchObject({ region: a, offset: 0, start: 0x100, end: 0x110, nonvolatile: false })
  })

  test('D1 isPresent: something else than the container is there', () => {
    const { root, bus } = board()
    expect([0xff, 0x100, 0x11f, 0x120, 0x130].map(at => isPresent(root, at))).toEqual([false, true, true, false, true])
    expect([0, 0x20].map(at => isPresent(bus, at))).toEqual([true, false])
    const interior = io('interior', 64)
    interior.addSubregion(8, io('inside', 8))
    root.addSubregion(0x2000, interior)
    expect([0, 8, 15, 16].map(at => isPresent(interior, at))).toEqual([false, true, true, false])
  })

  test("a guest's numbers: past 2^53 nothing is found, and a bigint below is a number", () => {
    const { root, a, b, bus } = board()
    for (const address of [2 ** 53, 2n ** 53n, 2n ** 64n - 1n, 2 ** 64]) {
      expect([findRange(root, address, 1), findRange(b, address, 2n ** 64n), isPresent(root, address)]).toEqual([
        undefined,
        undefined,
        false,
      ])
    }
    expect(findRange(root, 0x104n, 4n)).toEqual(findRange(root, 0x104, 4))
    expect(findRange(bus, 4n, 2n ** 64n)).toMatchObject({ region: a, start: 0x104, end: 0x110 })
    expect(isPresent(bus, 0n)).toBe(true)
  })

  // biome-ignore lint/suspicious/noExplicitAny: what is tested is what types would forbid
  const bad = (value: unknown): any => value
  test.each([
    ['region', () => findRange(bad({}), 0, 1), TypeError, /^region must be a MemoryRegion, got an object/],
    ['address', () => findRange(io('a'), -1, 1), RangeError, /^address .*got -1/],
    ['address NaN', () => findRange(io('a'), Number.NaN, 1), RangeError, /^address .*got NaN/],
    ['a negative bigint', () => findRange(io('a'), -1n, 1), RangeError, /^address .*got -1/],
    ['address, text', () => isPresent(io('a'), bad('0')), TypeError, /^address .*got "0"/],
    ['container', () => isPresent(bad(5n), 0), TypeError, /^container must be a MemoryRegion, got 5n/],
    ['size', () => findRange(io('a'), 0, -1), RangeError, /^size .*got -1/],
    ['size 0.5', () => findRange(io('a'), 0, 0.5), RangeError, /^size .*got 0.5/],
    ['size, an object', () => findRange(io('a'), 0, bad({})), TypeError, /^size .*got an object/],
  ])('refused: %s', (_what, call, kind, text) => {
    expect(call).toThrow(kind)
    expect(call).toThrow(text)
  })
})
