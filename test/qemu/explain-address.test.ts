import fc from 'fast-check'
import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'
import { explainAddress, formatExplanation, machineFromJson } from 'guestmem/qemu'
import { describe, expect, test } from 'vitest'
import { QUIET } from '../support/board.ts'
import { LONG } from '../support/campaign.ts'
import { recordings } from './corpus.ts'

const names = (list: readonly { readonly region: MemoryRegion }[]) => list.map(({ region }) => region.name)

describe('explainAddress', () => {
  test('of every recorded machine gives the region and the offset that its flat view has there', () => {
    let ranges = 0
    for (const { text } of recordings('maps', '.json'))
      for (const space of machineFromJson(text).spaces) {
        let free = 0
        for (const range of space.view.ranges) {
          ranges++
          for (const address of [range.start, range.end - 1]) {
            const { answer, seen } = explainAddress(space, address)
            expect([answer?.region, answer?.offset]).toEqual([
              range.region,
              BigInt(range.offset) + BigInt(address - range.start),
            ])
            expect(seen?.start).toBe(BigInt(range.start))
          }
          if (range.start > free) expect(explainAddress(space, range.start - 1).answer).toBeUndefined()
          free = range.end
        }
      }
    expect(ranges).toBeGreaterThan(1000)
  })

  test('at 2^53 and above gives what lies there in QEMU', () => {
    const region = (id: number, name: string, addr: string, size: string, more: object = {}) => ({
      id,
      name,
      type: 'i/o',
      addr,
      size,
      priority: 0,
      terminates: true,
      ...more,
    })
    const machine = machineFromJson({
      format: 'qemu-mtree-corpus/1',
      regions: [
        region(0, 'root', '0x0', '0x10000000000000000', { terminates: false, subregions: [1, 2, 4, 5] }),
        region(1, 'msi', '0xfe00000000000000', '0x1000'),
        region(2, 'window', '0x1000', '0x1000', { alias: { target: 3, offset: '0xf000000000000000' } }),
        region(3, 'far', '0x0', '0x10000000000000000'),
        region(4, 'wide', '0x1fffffffffff00', '0x10000'),
        region(5, 'off', '0xfe00000000000000', '0x1000', { enabled: false, priority: 1 }),
      ],
      address_spaces: [{ name: 'memory', root: 0 }],
    })
    const space = machine.spaces[0] as AddressSpace
    const at = (address: bigint) => {
      const { answer, seen, disabled } = explainAddress(space, address)
      return answer && [answer.region.name, answer.offset, seen?.start, seen?.end, ...names(disabled)]
    }
    expect(at(0xfe00000000000ff0n)).toEqual(['msi', 0xff0n, 0xfe00000000000000n, 0xfe00000000001000n, 'off'])
    expect(at(0xfe00000000001000n)).toBeUndefined()
    expect(at(0x1ffcn)).toEqual(['far', 0xf000000000000ffcn, 0x1000n, 0x2000n])
    for (const address of [2n ** 53n - 1n, 2n ** 53n])
      expect(at(address)).toEqual(['wide', address - 0x1fffffffffff00n, 0x1fffffffffff00n, 0x2000000000ff00n])
  })

  test('of random trees gives what the view shows, and hides what is seen once the answer is disabled', () => {
    const tree = fc.array(
      fc.record({
        into: fc.nat(5),
        address: fc.nat(12),
        size: fc.integer({ min: 1, max: 12 }),
        priority: fc.integer({ min: -1, max: 1 }),
        kind: fc.constantFrom('io', 'container', 'alias'),
        enabled: fc.boolean(),
      }),
      { minLength: 1, maxLength: 12, ...LONG },
    )
    fc.assert(
      fc.property(tree, fc.nat(20), (parts, address) => {
        const regions = [MemoryRegion.container('root', 32)]
        for (const { into, address, size, priority, kind, enabled } of parts) {
          const name = `r${regions.length}`
          const container = regions[into % regions.length] as MemoryRegion
          const made =
            kind === 'io'
              ? MemoryRegion.io(name, QUIET, size)
              : kind === 'container'
                ? MemoryRegion.container(name, size)
                : MemoryRegion.alias(name, container, address % container.size, size)
          made.setEnabled(enabled)
          const within = container.target === undefined && kind !== 'alias' ? container : (regions[0] as MemoryRegion)
          try {
            within.addSubregion(address, made, priority)
          } catch {
            continue
          }
          regions.push(made)
        }
        const space = new AddressSpace('space', regions[0] as MemoryRegion)
        const range = space.view.find(address)
        const { answer, hides } = explainAddress(space, address)
        expect([answer?.region, answer?.offset]).toEqual(
          range === undefined ? [undefined, undefined] : [range.region, BigInt(range.offset + address - range.start)],
        )
        if (answer === undefined) return
        answer.region.setEnabled(false)
        // One that holds the other is gone with it.
        const holds = (region: MemoryRegion): boolean =>
          hides.some(layer => layer.region === region && !layer.path.some(step => step.region === answer.region))
        const next = space.view.find(address)
        if (next !== undefined) expect(holds(next.region)).toBe(true)
      }),
      { numRuns: 3000 },
    )
  })

  test('says why: a priority, an order of addition, a region that holds others; and what is disabled', () => {
    const root = MemoryRegion.container('root', 0x1000)
    const bus = MemoryRegion.io('bus', QUIET, 0x800)
    const low = MemoryRegion.io('low', QUIET, 0x100)
    const late = MemoryRegion.io('late', QUIET, 0x100)
    const off = MemoryRegion.io('off', QUIET, 0x100)
    off.setEnabled(false)
    root.addSubregion(0, MemoryRegion.ram('ram', GuestRam.allocate(65_536).block('ram', 4096)), -5)
    root.addSubregion(0, bus, 2)
    bus.addSubregion(0x10, low)
    bus.addSubregion(0x20, late)
    bus.addSubregion(0x30, off, 9)
    const told = explainAddress(new AddressSpace('space', root), 0x34)
    expect(told.answer?.region).toBe(late)
    expect(names(told.hides)).toEqual(['low', 'bus', 'ram'])
    expect(told.hides.map(({ why }) => why)).toEqual([
      'late and low both have priority 0 in bus: the one that was added later is seen',
      'what is in a region is seen before the region itself',
      'bus has priority 2, ram -5, both in root',
    ])
    expect(names(told.disabled)).toEqual(['off'])
    expect(formatExplanation(told)).toBe(`0x0000000000000034 in space: late + 0x14 (i/o, prio 0)
  seen at 0000000000000020-000000000000011f

The way there:
  root at 0000000000000000
    bus at 0000000000000000, prio 2
      late at 0000000000000020, prio 0

It hides:
  low + 0x24 (i/o, prio 0)
    late and low both have priority 0 in bus: the one that was added later is seen
  bus + 0x34 (i/o, prio 2)
    what is in a region is seen before the region itself
  ram + 0x34 (ram, prio -5)
    bus has priority 2, ram -5, both in root

Disabled there:
  off + 0x4 (i/o, prio 9)`)
  })

  test('goes through aliases, and what is readonly on the way makes a ROM of RAM', () => {
    const ram = MemoryRegion.ram('ram\n', GuestRam.allocate(65_536).block('ram', 4096))
    const window = MemoryRegion.alias('window', ram, 0x800, 0x100)
    window.setReadonly(true)
    const root = MemoryRegion.container('root', 2 ** 32)
    root.addSubregion(0x100, window)
    const told = explainAddress(new AddressSpace('space', root), 0x110)
    expect(told.answer).toMatchObject({ region: ram, offset: 0x810n, type: 'rom', start: 0x100n, end: 0x200n })
    expect(told.answer?.path.map(({ by, start }) => [by, start])).toEqual([
      ['root', 0n],
      ['subregion', 0x100n],
      ['alias', -0x700n],
    ])
    expect(formatExplanation(told)).toContain('is an alias of ram\\x0a from 0x700 bytes below 0')
    expect(formatExplanation(explainAddress(told.space, 0x200))).toBe('0x0000000000000200 in space: nothing')
  })

  test('aliases of aliases are gone through once at each place, or refused', () => {
    let top = MemoryRegion.container('leaf', 2 ** 40)
    top.addSubregion(0, MemoryRegion.io('device', QUIET, 2 ** 40))
    for (let level = 0; level < 40; level++) {
      const next = MemoryRegion.container(`level ${level}`, 2 ** 40)
      next.addSubregion(0, MemoryRegion.alias('a', top, 0, 2 ** 40))
      next.addSubregion(0, MemoryRegion.alias('b', top, 0, 2 ** 40))
      top = next
    }
    expect(explainAddress(new AddressSpace('space', top), 7).answer?.region.name).toBe('device')
    let skewed = MemoryRegion.container('leaf', 2 ** 40)
    for (let level = 0; level < 30; level++) {
      const next = MemoryRegion.container(`level ${level}`, 2 ** 40)
      next.addSubregion(0, MemoryRegion.alias('a', skewed, 0, 2 ** 40))
      next.addSubregion(0, MemoryRegion.alias('b', skewed, 2 ** level, 2 ** 39))
      skewed = next
    }
    const space = new AddressSpace('space', skewed)
    expect(() => explainAddress(space, 7)).toThrow(/found in 1048576 steps.*too many aliases of aliases/)
  })

  test('a bad argument is refused by name', () => {
    const space = new AddressSpace('space', MemoryRegion.container('root', 16))
    expect(() => explainAddress(space.root as never, 0)).toThrow('space must be an AddressSpace, got a MemoryRegion')
    for (const bad of [-1, 0.5, Number.NaN, 2 ** 53, 2n ** 64n, -1n])
      expect(() => explainAddress(space, bad)).toThrow(RangeError)
    expect(() => explainAddress(space, '0x10' as never)).toThrow(/^address must be an integer .* got "0x10"/)
    for (const bad of [undefined, {}, 'text', { address: 1n }])
      expect(() => formatExplanation(bad as never)).toThrow('explanation must be what explainAddress gave')
  })
})
