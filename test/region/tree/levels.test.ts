import { AddressSpace, MemoryRegion } from 'guestmem'
import { describe, expect, test } from 'vitest'
import { QUIET } from '../../support/board.ts'

const MOST = 256
const io = (name = 'io') => MemoryRegion.io(name, QUIET, 16)
const container = (name: string) => MemoryRegion.container(name, 64)

/** A region that shows `below`, which is then one level lower. */
type Step = (below: MemoryRegion, index: number) => MemoryRegion

const inContainer: Step = (below, index) => {
  const made = container(`c${index}`)
  made.addSubregion(0, below)
  // A sibling, so that no view passes over it.
  made.addSubregion(32, io())
  return made
}
const byAlias: Step = (below, index) => MemoryRegion.alias(`a${index}`, below, 0, 64)
/** Two levels. */
const byMappedAlias: Step = (below, index) => inContainer(byAlias(below, index), index)
const inDevice: Step = (below, index) => {
  const made = MemoryRegion.io(`d${index}`, QUIET, 64)
  made.addSubregion(0, below)
  return made
}

const STEPS: [string, Step, number][] = [
  ['containers', inContainer, 1],
  ['aliases of aliases', byAlias, 1],
  ['containers and aliases', byMappedAlias, 2],
  ['devices with subregions', inDevice, 1],
  ['all of these', (below, index) => [inContainer, byAlias, inDevice][index % 3]?.(below, index) ?? below, 1],
]

function grow(levels: number): MemoryRegion {
  let top = io('leaf')
  for (let i = 0; i < levels; i++) top = inContainer(top, i)
  return top
}

/** Adds levels over a region until that is refused. */
function deepest(step: Step, region: MemoryRegion): { levels: number; top: MemoryRegion; error: unknown } {
  let top = region
  for (let levels = 0; ; levels++) {
    try {
      top = step(top, levels)
    } catch (error) {
      return { levels, top, error }
    }
  }
}

describe('a region has at most 256 levels of regions below one another', () => {
  test.each(STEPS)('%s, from below', (_, step, each) => {
    const { levels, top, error } = deepest(step, io('leaf'))
    expect(levels).toBe(MOST / each)
    expect(error).toBeInstanceOf(RangeError)
    expect(String(error)).toMatch(/^RangeError: region ".*" would give ".*" more than 256 levels/)
    const space = new AddressSpace('space', top)
    expect(space.view.find(0)?.region).toBeDefined()
    expect(space.load32(0)).toBe(0)
  })

  test('containers, from above: refused where the last is added, and nothing has changed', () => {
    const root = container('root')
    const space = new AddressSpace('space', root)
    let last = root
    for (let level = 1; level <= MOST; level++) {
      const next = container(`c${level}`)
      last.addSubregion(0, next)
      last = next
    }
    const region = io('one too many')
    region.setAddress(5)
    const { view } = space
    expect(() => last.addSubregion(0, region, 7)).toThrow(
      /^region "one too many" would give "root" more than 256 levels of regions$/,
    )
    expect([region.container, region.address, region.priority, last.subregions]).toEqual([undefined, 5, 0, []])
    expect(space.view).toBe(view)
    // The second lowest has room for it.
    last.container?.addSubregion(1, region)
    expect(space.view.find(1)?.region).toBe(region)
  })

  test.each([100, 128, 156])('one tree of %i levels under another', below => {
    const above = container('root')
    let last = above
    for (let i = 1; i < MOST - below; i++) {
      const next = container(`n${i}`)
      last.addSubregion(0, next)
      last = next
    }
    const deep = grow(below + 1)
    expect(() => last.addSubregion(0, deep)).toThrow(RangeError)
    expect(() => last.addSubregion(0, MemoryRegion.alias('alias', grow(below), 0, 16))).toThrow(RangeError)
    last.addSubregion(0, grow(below))
    expect(new AddressSpace('space', above).view.ranges.length).toBeGreaterThan(0)
  })

  test('what was removed no longer counts', () => {
    const { top } = deepest(inContainer, io('leaf'))
    // Takes the tree apart in the middle.
    let middle = top
    for (let i = 0; i < MOST / 2; i++) middle = middle.subregions.find(({ name }) => name.startsWith('c')) ?? middle
    middle.container?.removeSubregion(middle)
    for (let i = 0; i < MOST / 2 - 1; i++) middle = inContainer(middle, i)
    const outer = inContainer(top, 0)
    const other = container('other')
    other.addSubregion(0, outer)
    other.addSubregion(0, middle)
    expect(new AddressSpace('space', other).view.ranges.length).toBeGreaterThan(0)
    expect(() => inContainer(inContainer(middle, 1), 2)).toThrow(TypeError)
  })

  test('a target that grows: the alias that shows it is asked, mapped or not', () => {
    const target = container('target')
    const mapped = MemoryRegion.alias('mapped', target, 0, 64)
    const unmapped = MemoryRegion.alias('unmapped', target, 0, 64)
    const root = container('root')
    root.addSubregion(0, mapped)
    const deep = grow(MOST - 2)
    // Refused: the root would show them two levels further up.
    expect(() => target.addSubregion(0, deep)).toThrow(/^region "c253" would give "root" more than 256 levels/)
    root.removeSubregion(mapped)
    target.addSubregion(0, deep)
    expect(target.subregions).toEqual([deep])
    expect(() => root.addSubregion(0, mapped)).toThrow(/^region "mapped" would give "root" more than 256 levels/)
    expect(mapped.container).toBeUndefined()
    expect(new AddressSpace('space', unmapped).view.ranges.length).toBeGreaterThan(0)
    expect(() => MemoryRegion.alias('late', unmapped, 0, 64)).toThrow(
      /^region "unmapped" would give "late" more than 256 levels/,
    )
    target.removeSubregion(deep)
    root.addSubregion(0, mapped)
    MemoryRegion.alias('late', unmapped, 0, 64)
  })

  test('an alias that was made before its target grew is no root of a space', () => {
    const target = container('target')
    const first = MemoryRegion.alias('first', target, 0, 64)
    const second = MemoryRegion.alias('second', first, 0, 64)
    target.addSubregion(0, grow(MOST - 2))
    new AddressSpace('space', first)
    expect(() => new AddressSpace('space', second)).toThrow(/^region "first" would give "second" more than 256 levels/)
  })

  test('an alias of an ancestor is no level without end (A6)', () => {
    const root = MemoryRegion.container('root', 0x1000)
    let last = root
    for (let level = 1; level < MOST - 1; level++) {
      const next = MemoryRegion.container(`c${level}`, 0x1000)
      last.addSubregion(level === 1 ? 0x800 : 0, next)
      last = next
    }
    last.addSubregion(0, MemoryRegion.alias('window', root, 0, 0x10))
    root.addSubregion(4, io('low'))
    const space = new AddressSpace('space', root)
    expect(space.view.find(0x804)?.region.name).toBe('low')
    // The lowest container has room for two levels.
    expect(() => last.addSubregion(0x20, grow(2))).toThrow(/would give "root" more than 256 levels/)
    last.addSubregion(0x20, grow(1))
    expect(space.view.find(0x820)?.region.name).toBe('leaf')
  })
})

describe('what can not be shown', () => {
  const region = container('region')
  const proxy = new Proxy(region, {})
  const lookalike = Object.create(region) as MemoryRegion

  test.each([
    ['a Proxy', proxy],
    ['an object whose prototype is a region', lookalike],
    ['a Proxy that was revoked', (({ proxy: one, revoke }) => [one, revoke()][0])(Proxy.revocable(region, {}))],
  ])('%s is refused, as a root, a region and a target', (_, bad) => {
    const root = container('root')
    const given = bad as MemoryRegion
    expect(() => new AddressSpace('space', given)).toThrow(TypeError)
    expect(() => root.addSubregion(0, given)).toThrow(TypeError)
    expect(() => root.removeSubregion(given)).toThrow(TypeError)
    expect(() => MemoryRegion.alias('alias', given, 0, 16)).toThrow(TypeError)
    expect(root.subregions).toEqual([])
    expect(given instanceof MemoryRegion).toBe(false)
    MemoryRegion.transaction(() => root.addSubregion(0, io()))
    expect(new AddressSpace('space', root).view.ranges).toHaveLength(1)
  })

  test('the error says what it may be', () => {
    expect(() => new AddressSpace('space', proxy)).toThrow(
      /^root must be a MemoryRegion, got one of another copy of guestmem .*, or a Proxy of one$/,
    )
  })
})
