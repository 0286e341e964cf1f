import fc from 'fast-check'
import { AddressSpace, MemoryRegion, registerMemoryListener } from 'guestmem'
import { describe, expect, test } from 'vitest'
import { QUIET, shown } from '../support/board.ts'
import { LONG, runs } from '../support/campaign.ts'
import { toBe } from '../support/hold.ts'

/** C4, for one address: what is seen at `at` of a region, by name and offset. */
function seenAt(region: MemoryRegion, at: number): string | undefined {
  if (!region.enabled || at < 0 || at >= region.size) return undefined
  if (region.target !== undefined) return seenAt(region.target, at + region.targetOffset)
  for (let i = region.subregions.length - 1; i >= 0; i--) {
    const below = region.subregions[i] as MemoryRegion
    const seen = seenAt(below, at - below.address)
    if (seen !== undefined) return seen
  }
  return region.kind === 'container' ? undefined : `${region.name}+${at}`
}

function shownAt({ view }: AddressSpace, at: number): string | undefined {
  const range = view.find(at)
  return range && `${range.region.name}+${range.offset + (at - range.start)}`
}

/** Counts how often rendering passes a region: it asks whether each is enabled. */
function countLooks(region: MemoryRegion): { count: number } {
  const looks = { count: 0 }
  Object.defineProperty(region, 'enabled', { get: () => [looks.count++, true][1] })
  return looks
}

/** A leaf of 0x1000 bytes, alone or as two with holes around them. */
function ground(holes: boolean): MemoryRegion {
  const leaf = MemoryRegion.io('leaf', QUIET, 0x1000)
  if (!holes) return leaf
  const both = MemoryRegion.container('both', 0x4000)
  both.addSubregion(0, leaf)
  both.addSubregion(0x2000, MemoryRegion.io('other', QUIET, 0x1000))
  return both
}

/** Two aliases of the level below, level by level; the second at `second` of the size of that. */
function doubled(levels: number, holes: boolean, second: (size: number) => number, priority = 0): MemoryRegion {
  let below = ground(holes)
  for (let level = 0; level < levels; level++) {
    const at = second(below.size)
    const both = MemoryRegion.container(`level ${level}`, at + below.size)
    both.addSubregion(0, MemoryRegion.alias('first', below, 0, below.size), priority)
    both.addSubregion(at, MemoryRegion.alias('second', below, 0, below.size))
    below = both
  }
  return below
}

const SAME = (): number => 0
const NEXT_BYTE = (): number => 1
const NEXT_PAGE = (): number => 0x1000
const HALF = (size: number): number => Math.floor(size / 2)
const BESIDE = (size: number): number => size

describe('C4 aliases of aliases, two a level', () => {
  const cases: [string, boolean, (size: number) => number][] = [
    ['at one place', false, SAME],
    ['at one place, with holes', true, SAME],
    ['a byte apart', false, NEXT_BYTE],
    ['a byte apart, with holes', true, NEXT_BYTE],
    ['a page apart, with holes', true, NEXT_PAGE],
    ['half of it apart', false, HALF],
    ['half of it apart, with holes', true, HALF],
    ['side by side', false, BESIDE],
    ['side by side, with holes', true, BESIDE],
  ]

  describe.each([0, 1])('the first of priority %i', priority => {
    test.each(cases)('%s: each address shows what a look at it finds', (_, holes, second) => {
      for (const levels of [3, 6, 9, 13]) {
        const root = doubled(levels, holes, second, priority)
        const space = new AddressSpace('space', root)
        const { ranges } = space.view
        const edges = ranges.flatMap(({ start, end }) => [start - 1, start, end - 1, end])
        for (const at of levels < 9 ? edges : edges.filter((_, i) => i % 97 < 4))
          toBe(shownAt(space, at), at < 0 ? undefined : seenAt(root, at))
        for (const [i, range] of ranges.entries()) toBe(range.start >= (ranges[i - 1]?.end ?? 0), true)
      }
    })
  })

  test.each([24, 40, 100])('%i levels at one place are passed once', levels => {
    for (const holes of [false, true]) {
      const root = doubled(levels, holes, SAME)
      const bottom = root.subregions[0]?.target as MemoryRegion
      const looks = countLooks(bottom)
      const { view } = new AddressSpace('space', root)
      expect(view.ranges).toHaveLength(holes ? 2 : 1)
      expect(looks.count).toBeLessThan(100)
    }
  })

  test.each([
    ['a byte apart', false, NEXT_BYTE, 60],
    ['a page apart, with holes', true, NEXT_PAGE, 60],
  ] as const)('%s: what is shown at one place by several ways is passed once there', (_, holes, second, levels) => {
    const root = doubled(levels, holes, second)
    expect(new AddressSpace('space', root).view.ranges.length).toBeLessThan(4 * levels)
  })

  test.each([false, true])('half of it apart, 24 levels are refused at once (holes: %s)', holes => {
    const root = doubled(24, holes, HALF)
    const looks = countLooks(root.subregions[0]?.target as MemoryRegion)
    const space = new AddressSpace('space', root)
    expect(() => space.view).toThrow(/^a region tree must show at most 262144 ranges, got more$/)
    expect(looks.count).toBeLessThan(3)
  })

  test('adding takes no longer, whatever the levels are of', () => {
    const root = MemoryRegion.container('root', 2 ** 40)
    root.addSubregion(0, doubled(100, true, SAME))
    const space = new AddressSpace('space', root)
    for (let i = 1; i < 20; i++) root.addSubregion(0x10000 * i, MemoryRegion.alias('alias', root, 0, 0x10000))
    expect(space.view.ranges).toHaveLength(40)
  })

  test('A6 nor where they are of what they are in', () => {
    const root = MemoryRegion.container('root', 2 ** 40)
    const bus = MemoryRegion.container('bus', 2 ** 30)
    root.addSubregion(2 ** 32, bus)
    root.addSubregion(0, MemoryRegion.io('low', QUIET, 16))
    let below = MemoryRegion.alias('window', root, 0, 0x1000)
    for (let level = 0; level < 60; level++) {
      const both = MemoryRegion.container('both', 0x1000)
      both.addSubregion(0, MemoryRegion.alias('first', below, 0, 0x1000))
      both.addSubregion(0, MemoryRegion.alias('second', below, 0, 0x1000))
      below = both
    }
    bus.addSubregion(0, below)
    bus.setAddress(0x1000)
    const space = new AddressSpace('space', root)
    expect(shown(space)).toEqual([
      [0, 16, 'low', 0],
      [0x1000, 0x1010, 'low', 0],
    ])
    bus.setAddress(2 ** 33)
    expect(space.view.ranges.map(({ start }) => start)).toEqual([0, 2 ** 33])
  })
})

describe('more ranges than a view may have', () => {
  test('are refused where they are looked at, and concern no other space', () => {
    const space = new AddressSpace(
      'many',
      doubled(19, false, size => size + 1),
    )
    const other = MemoryRegion.container('other', 64)
    const quiet = new AddressSpace('quiet', other)
    expect(() => space.view).toThrow(/^a region tree must show at most 262144 ranges, got more$/)
    expect(() => space.load8(0)).toThrow(RangeError)
    MemoryRegion.transaction(() => other.addSubregion(0, MemoryRegion.io('io', QUIET, 16)))
    expect(quiet.view.ranges).toHaveLength(1)
    space.destroy()
    expect(space.view.ranges).toEqual([])
  })

  test('as many as it may have are shown', () => {
    const space = new AddressSpace(
      'space',
      doubled(18, false, size => size + 1),
    )
    expect(space.view.ranges).toHaveLength(2 ** 18)
    expect(shownAt(space, 0x1001)).toBe('leaf+0')
  })
})

describe('a space whose tree can not be rendered', () => {
  const broken = new Error('no subregions today')

  function board() {
    const bad = MemoryRegion.container('bad', 64)
    const good = MemoryRegion.container('good', 64)
    bad.addSubregion(0, MemoryRegion.io('a', QUIET, 16))
    bad.addSubregion(32, MemoryRegion.io('b', QUIET, 16))
    const failing = { now: false }
    const read = () => Reflect.get(MemoryRegion.prototype, 'subregions', bad)
    Object.defineProperty(bad, 'subregions', {
      get: () => {
        if (failing.now) throw broken
        return read()
      },
    })
    const spaces = [good, bad, good].map((root, i) => new AddressSpace(`${i}`, root))
    return { bad, good, failing, spaces }
  }
  const io = () => MemoryRegion.io('io', QUIET, 16)
  const counts = (spaces: readonly AddressSpace[]) => spaces.map(({ view }) => view.ranges.length)

  test('tells whoever looks at it, and nobody else', () => {
    const { bad, good, failing, spaces } = board()
    failing.now = true
    const [first, second, third] = spaces as [AddressSpace, AddressSpace, AddressSpace]
    for (let i = 0; i < 3; i++) {
      MemoryRegion.transaction(() => good.addSubregion(16 * i, io()))
      expect(counts([first, third])).toEqual([i + 1, i + 1])
      expect(() => second.view).toThrow(broken)
      expect(() => second.load8(0)).toThrow(broken)
    }
    MemoryRegion.transaction(() => bad.addSubregion(16, io()))
    failing.now = false
    expect(counts(spaces)).toEqual([3, 3, 3])
  })

  test('whoever ends the transaction is told where listeners are, and they are told of the others', () => {
    const { bad, good, failing, spaces } = board()
    const told: string[] = []
    const stops = spaces.map(space =>
      registerMemoryListener(space, { regionAdd: ({ region }) => told.push(`${space.name} ${region.name}`) }),
    )
    told.length = 0
    failing.now = true
    const change = () =>
      MemoryRegion.transaction(() => {
        good.addSubregion(0, io())
        bad.addSubregion(16, io())
      })
    expect(change).toThrow(broken)
    expect(told).toEqual(['0 io', '2 io'])
    // It shows what it showed.
    expect(counts(spaces)).toEqual([1, 2, 1])
    failing.now = false
    bad.addSubregion(48, io())
    expect(counts(spaces)).toEqual([1, 4, 1])
    for (const stop of stops) stop()
  })
})

// Trees in which aliases show enough for what they showed to be remembered.
const spec = fc.record({
  size: fc.integer({ min: 1, max: 0x60 }),
  leaves: fc.array(fc.record({ at: fc.nat(0x60), size: fc.integer({ min: 1, max: 4 }) }), {
    minLength: 8,
    maxLength: 40,
    ...LONG,
  }),
  windows: fc.array(
    fc.record({
      at: fc.integer({ min: 0, max: 0x60 }),
      of: fc.nat(),
      offset: fc.constantFrom(0, 0, 0, 1, 2, 8, 0x20),
      size: fc.integer({ min: 1, max: 0x60 }),
      priority: fc.constantFrom(0, 0, 1, -1),
      readonly: fc.boolean(),
    }),
    { maxLength: 5 },
  ),
})

test('C4 random trees of windows on windows show at each address what a look at it finds', () => {
  fc.assert(
    fc.property(fc.array(spec, { minLength: 2, maxLength: 7 }), specs => {
      const made: MemoryRegion[] = []
      for (const [index, { size, leaves, windows }] of specs.entries()) {
        const region = MemoryRegion.container(`c${index}`, size)
        for (const [i, leaf] of leaves.entries())
          region.addSubregion(leaf.at, MemoryRegion.io(`${index}.${i}`, QUIET, leaf.size))
        for (const { at, of, offset, size: length, priority, readonly } of windows) {
          const target = made[of % Math.max(1, made.length)]
          if (target === undefined) continue
          const alias = MemoryRegion.alias('window', target, offset, length)
          alias.setReadonly(readonly)
          region.addSubregion(at, alias, priority)
        }
        made.push(region)
      }
      const root = made[made.length - 1] as MemoryRegion
      const space = new AddressSpace('space', root)
      for (let at = 0; at <= 0x60; at++) toBe(shownAt(space, at), seenAt(root, at))
      space.destroy()
    }),
    runs(2000),
  )
})
