import fc from 'fast-check'
import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'
import { compareMaps, formatMapChanges, type MapChange, machineFromJson } from 'guestmem/qemu'
import { describe, expect, test } from 'vitest'
import { QUIET } from '../support/board.ts'
import { recordings } from './corpus.ts'

type Part = readonly [name: string, address: number, size: number, priority?: number, enabled?: boolean]

function spaceOf(parts: readonly Part[]): AddressSpace {
  const root = MemoryRegion.container('root', 2 ** 32)
  for (const [name, address, size, priority = 0, enabled = true] of parts) {
    const region = MemoryRegion.io(name, QUIET, size)
    region.setEnabled(enabled)
    root.addSubregion(address, region, priority)
  }
  return new AddressSpace('space', root)
}

const told = (before: readonly Part[], after: readonly Part[]) =>
  formatMapChanges(compareMaps(spaceOf(before), spaceOf(after))).split('\n')

describe('compareMaps', () => {
  test.each<[string, readonly Part[], readonly Part[], string[]]>([
    ['nothing', [['a', 0, 16]], [['a', 0, 16]], ['']],
    [
      'what moved',
      [['bar', 0x1000, 0x100]],
      [['bar', 0x3000, 0x100]],
      ['moved     0000000000001000-00000000000010ff -> 0000000000003000-00000000000030ff (i/o): bar'],
    ],
    [
      'what moved by less than its size, as one',
      [['bar', 0x1000, 0x100]],
      [['bar', 0x1080, 0x100]],
      ['moved     0000000000001000-00000000000010ff -> 0000000000001080-000000000000117f (i/o): bar'],
    ],
    [
      'what is hidden and by what, and what was added',
      [['ram', 0, 0x1000]],
      [
        ['ram', 0, 0x1000],
        ['card', 0x400, 0x100, 1],
      ],
      [
        'added     0000000000000400-00000000000004ff (i/o): card, ram was there',
        'hidden    0000000000000400-00000000000004ff (i/o): ram @0000000000000400, by card',
      ],
    ],
    [
      'what was removed, and what is uncovered by that',
      [
        ['ram', 0, 0x1000],
        ['card', 0x400, 0x100, 1],
      ],
      [['ram', 0, 0x1000]],
      [
        'removed   0000000000000400-00000000000004ff (i/o): card, ram is there now',
        'uncovered 0000000000000400-00000000000004ff (i/o): ram @0000000000000400, card was there',
      ],
    ],
    [
      'what was disabled',
      [['card', 0x400, 0x100]],
      [['card', 0x400, 0x100, 0, false]],
      ['unmapped  0000000000000400-00000000000004ff (i/o): card'],
    ],
    [
      'what was enabled',
      [['card', 0x400, 0x100, 0, false]],
      [['card', 0x400, 0x100]],
      ['mapped    0000000000000400-00000000000004ff (i/o): card'],
    ],
    [
      'what grew',
      [['card', 0x400, 0x100]],
      [['card', 0x400, 0x180]],
      ['mapped    0000000000000500-000000000000057f (i/o): card @0000000000000100'],
    ],
  ])('tells %s', (_, before, after, lines) => {
    expect(told(before, after)).toEqual(lines)
  })

  test('tells of a window that shows another part elsewhere what moved, and what is seen no more', () => {
    const ram = MemoryRegion.io('ram', QUIET, 0x1000)
    const space = (address: number, offset: number) => {
      const root = MemoryRegion.container('root', 2 ** 32)
      root.addSubregion(address, MemoryRegion.alias('window', ram, offset, 0x100))
      return new AddressSpace('space', root)
    }
    expect(formatMapChanges(compareMaps(space(0x1000, 0x400), space(0x3000, 0x480))).split('\n')).toEqual([
      'unmapped  0000000000001000-000000000000107f (i/o): ram @0000000000000400',
      'moved     0000000000001080-00000000000010ff -> 0000000000003000-000000000000307f (i/o): ram @0000000000000480',
      'mapped    0000000000003080-00000000000030ff (i/o): ram @0000000000000500',
    ])
  })

  test('tells RAM that has become a ROM, and escapes names', () => {
    const space = (readonly: boolean) => {
      const ram = MemoryRegion.ram('ram\n', GuestRam.allocate(65_536).block('ram', 4096))
      ram.setReadonly(readonly)
      return new AddressSpace('space', ram)
    }
    expect(formatMapChanges(compareMaps(space(false), space(true)))).toBe(
      'retyped   0000000000000000-0000000000000fff (rom): ram\\x0a, was ram',
    )
  })

  test('of recorded machines gives nothing of a map and itself, and what one must do to come from one to the other', () => {
    const machines = recordings('changes', '.json').map(({ name, text }) => ({ name, machine: machineFromJson(text) }))
    let changes = 0
    for (const [i, { name, machine }] of machines.entries()) {
      for (const space of machine.spaces) expect(compareMaps(space, space)).toEqual([])
      const next = machines[i + 1]
      if (next === undefined || next.name.split('+')[0] !== name.split('+')[0]) continue
      const [a, b] = [machine, next.machine].map(each => each.spaces.find(space => space.name === 'memory'))
      if (a !== undefined && b !== undefined) changes += checkApplies(a, b)
    }
    expect(changes).toBeGreaterThan(10)
  })

  const parts = fc.array(
    fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.nat(20), fc.integer({ min: 1, max: 9 }), fc.nat(2), fc.boolean()),
    { maxLength: 6 },
  )
  test('of random maps, taken from the first and put into it, gives the second', () => {
    fc.assert(
      fc.property(parts, parts, (before, after) => {
        checkApplies(spaceOf(before), spaceOf(after))
      }),
      { numRuns: 5000 },
    )
  })

  test('a bad argument is refused by name', () => {
    const space = spaceOf([])
    expect(() => compareMaps(space.root as never, space)).toThrow('before must be an AddressSpace, got a MemoryRegion')
    expect(() => compareMaps(space, undefined as never)).toThrow('after must be an AddressSpace, got undefined')
    for (const bad of [undefined, {}, [undefined], ['text']])
      expect(() => formatMapChanges(bad as never)).toThrow('changes must be what compareMaps gave')
  })
})

/** What is seen at each of the addresses where anything begins or ends. */
function cells(space: AddressSpace, edges: readonly number[]): Map<number, string> {
  const seen = new Map<number, string>()
  for (const [i, at] of edges.entries()) {
    const range = edges[i + 1] === undefined ? undefined : space.view.find(at)
    if (range !== undefined) seen.set(at, `${range.region.name} ${range.offset + at - range.start}`)
  }
  return seen
}

/** Takes what changes say was seen from the first map, adds what they say is seen: that must be the second. */
function checkApplies(before: AddressSpace, after: AddressSpace): number {
  const changes: MapChange[] = compareMaps(before, after)
  const edges = new Set<number>()
  for (const { view } of [before, after]) for (const { start, end } of view.ranges) edges.add(start).add(end)
  for (const { from, to, size } of changes)
    for (const start of [from, to]) if (start !== undefined) edges.add(Number(start)).add(Number(start + size))
  const sorted = [...edges].sort((a, b) => a - b)
  const [map, wanted] = [cells(before, sorted), cells(after, sorted)]
  const each = (start: bigint | undefined, { size }: MapChange, act: (at: number) => void): void => {
    if (start === undefined) return
    for (const at of sorted) if (at >= Number(start) && at < Number(start + size)) act(at)
  }
  for (const change of changes)
    each(change.from, change, at => {
      expect(map.get(at)).toBe(`${change.name} ${change.offset + BigInt(at) - (change.from as bigint)}`)
      map.delete(at)
    })
  for (const change of changes)
    each(change.to, change, at => {
      expect(map.has(at)).toBe(false)
      map.set(at, `${change.name} ${change.offset + BigInt(at) - (change.to as bigint)}`)
    })
  const text = (cells: Map<number, string>) => [...cells].sort(([a], [b]) => a - b)
  expect(text(map)).toEqual(text(wanted))
  return changes.length
}
