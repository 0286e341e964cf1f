import fc from 'fast-check'
import { AddressSpace, GuestRam, MemoryRegion, stop, TapStop, tap } from 'guestmem'
import { PAGE_READ, PAGE_SLOW, PAGE_WRITE, pageTable } from 'guestmem/page-table'
import { expect, test } from 'vitest'
import { LONG } from '../support/campaign.ts'
import { cpuOf, entryInMemory, type Size } from './support/cpu.ts'

const PAGE = 4096
const RAM = 16 * PAGE
const memory = new WebAssembly.Memory({ initial: 16, maximum: 16, shared: true })
const ram = GuestRam.wrap(memory, { offset: 8 * 65536, bytes: 2 * RAM })
const blocks = [ram.block('first', RAM), ram.block('second', RAM)] as const

function machine(index: 0 | 1, endian: 'little' | 'big') {
  blocks[index].view().fill(0)
  const root = MemoryRegion.container('root', 2 ** 24)
  const region = MemoryRegion.ram('ram', blocks[index])
  root.addSubregion(0x10000, region)
  return { region, space: new AddressSpace('cpu', root, { endian }) }
}

test('the pages that a tap concerns are slow before tap returns, and as they were before remove does', () => {
  const { space, region } = machine(0, 'little')
  const changed: [number, number][] = []
  const table = pageTable(space, {
    memory,
    offset: 0,
    addressBits: 24,
    onPagesChanged: (first, last) => changed.push([first, last]),
  })
  const all = () => Array.from({ length: 16 }, (_, page) => entryInMemory(table, 0x10000 + page * PAGE))
  const before = all()
  expect(before.every(entry => (entry & (PAGE_READ | PAGE_WRITE)) === (PAGE_READ | PAGE_WRITE))).toBe(true)
  for (const [target, start] of [
    [space, 0x13100],
    [region, 0x3100],
  ] as const) {
    const set = tap(target, { start, length: 0x1f00 }, {}, () => {})
    expect(changed.splice(0)).toEqual([[0x12, 0x14]])
    const now = all()
    expect([3, 4].map(page => now[page])).toEqual([PAGE_SLOW, PAGE_SLOW])
    // Of unaligned accesses, those that begin ahead of it, and reach into it, are calls.
    expect((now[2] as number) & (PAGE_READ | PAGE_WRITE)).toBe(PAGE_READ | PAGE_WRITE)
    expect([...now.slice(0, 2), ...now.slice(5)]).toEqual([...before.slice(0, 2), ...before.slice(5)])
    set.remove()
    expect(all()).toEqual(before)
    expect(changed.splice(0)).toEqual([[0x12, 0x14]])
  }
  // A table that is made while something is tapped; a tap whose limit removes it within an access of the CPU's.
  const set = tap(space, { start: 0x13000, length: 1 }, { limit: 1, when: 'before' }, stop)
  const later = pageTable(space, { memory, offset: 4 * 65536, addressBits: 24 })
  expect(later.entryOf(0x13000)).toBe(PAGE_SLOW)
  expect(() => cpuOf(later).load(0x13000, 1)).toThrow(TapStop)
  expect(set.removed).toBe(true)
  expect(later.entryOf(0x13000)).toBe(before[3])
  later.destroy()
  table.destroy()
  space.destroy()
})

const accesses = fc.array(
  fc.record({
    at: fc.oneof(
      fc.integer({ min: 0x10000, max: 0x1fff0 }),
      fc.tuple(fc.integer({ min: 0x101, max: 0x1fe }), fc.integer({ min: -9, max: 9 })).map(([a, b]) => 0x100 * a + b),
    ),
    size: fc.constantFrom<Size[]>(1, 2, 4, 8),
    value: fc.option(fc.bigInt(0n, 2n ** 64n - 1n), { nil: undefined }),
  }),
  { minLength: 1, maxLength: 30, ...LONG },
)
const ranges = fc.array(
  fc.record({
    start: fc.integer({ min: 0x101, max: 0x1fe }).map(line => 0x100 * line),
    length: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 3 * PAGE })),
  }),
  { minLength: 1, maxLength: 3 },
)

test('a tap is told of what a WebAssembly CPU does as of what a space does', () => {
  fc.assert(
    fc.property(
      ranges,
      accesses,
      fc.constantFrom('little', 'big'),
      fc.constantFrom(128, 4096),
      (list, acts, endian, pageSize) => {
        const [one, other] = [machine(0, endian), machine(1, endian)]
        const table = pageTable(one.space, { memory, offset: 0, addressBits: 20, pageSize })
        const cpu = cpuOf(table)
        const logs: string[][] = []
        const taps = [one, other].flatMap(({ space }) => {
          const log: string[] = []
          logs.push(log)
          return list.map(range =>
            tap(space, range, {}, ({ kind, address, size, value }) => {
              log.push(`${kind} ${address} ${size} ${value}`)
            }),
          )
        })
        try {
          acts.forEach(({ at, size, value }, index) => {
            if (index === 20) for (const each of taps) each.remove()
            if (value === undefined) expect(cpu.load(at, size)).toBe(loadOf(other.space, at, size))
            else {
              cpu.store(at, size, value)
              storeOf(other.space, at, size, value)
            }
          })
          expect(logs[0]).toEqual(logs[1])
          expect(Buffer.compare(blocks[0].view(), blocks[1].view())).toBe(0)
        } finally {
          for (const each of taps) each.remove()
          table.destroy()
          for (const { space } of [one, other]) space.destroy()
        }
      },
    ),
    { numRuns: 300 },
  )
})

function loadOf(space: AddressSpace, at: number, size: Size): bigint {
  if (size === 8) return space.load64(at)
  return BigInt(size === 4 ? space.load32(at) : size === 2 ? space.load16(at) : space.load8(at))
}

function storeOf(space: AddressSpace, at: number, size: Size, value: bigint): void {
  const low = Number(value & 0xffff_ffffn)
  if (size === 8) space.store64(at, value)
  else if (size === 4) space.store32(at, low)
  else if (size === 2) space.store16(at, low)
  else space.store8(at, low)
}
