import { AddressSpace, DirtyClient, GuestRam, isDirty, MemoryRegion } from 'guestmem'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { ACCESSED, DIRTY, PAGE_BYTES, PRESENT, WRITABLE, walk } from '../../examples/page-tables.mjs'

afterEach(() => vi.restoreAllMocks())

const DIRECTORY = PAGE_BYTES
const TABLE = 2 * PAGE_BYTES
const PAGE = 3 * PAGE_BYTES
/** In the first table, its sixth page. */
const ADDRESS = 5 * PAGE_BYTES + 0x123
const ENTRY = TABLE + 4 * 5

function tables(endian: 'little' | 'big') {
  const block = GuestRam.allocate(8 * PAGE_BYTES).block('ram', 8 * PAGE_BYTES)
  const region = MemoryRegion.ram('ram', block)
  const memory = new AddressSpace('memory', region, { endian })
  memory.store32(DIRECTORY, TABLE | PRESENT | WRITABLE)
  memory.store32(ENTRY, PAGE | PRESENT | WRITABLE)
  const bits = () => [DIRECTORY, ENTRY].map(at => memory.load32(at) & (ACCESSED | DIRTY))
  return { block, region, memory, bits }
}

describe.each(['little', 'big'] as const)('a walk of %s-endian tables', endian => {
  test('notes a read and a write, and marks the page of the table', () => {
    const { block, region, memory, bits } = tables(endian)
    region.setLog(DirtyClient.MIGRATION, true)
    expect([walk(memory, DIRECTORY, ADDRESS, false), bits()]).toEqual([PAGE + 0x123, [ACCESSED, ACCESSED]])
    expect([walk(memory, DIRECTORY, ADDRESS, true), bits()]).toEqual([PAGE + 0x123, [ACCESSED, ACCESSED | DIRTY]])
    expect([0, 1, 2, 3].map(page => isDirty(block, page * PAGE_BYTES, 1, DirtyClient.MIGRATION))).toEqual([
      false,
      true,
      true,
      false,
    ])
  })

  test('is a fault, and notes nothing of the page, where it is not there, may not be written, or tables are outside RAM', () => {
    const { memory, bits } = tables(endian)
    memory.store32(ENTRY, PAGE | PRESENT)
    expect([walk(memory, DIRECTORY, ADDRESS, true), bits()]).toEqual([undefined, [ACCESSED, 0]])
    memory.store32(ENTRY, PAGE | WRITABLE)
    expect([walk(memory, DIRECTORY, ADDRESS, false), bits()]).toEqual([undefined, [ACCESSED, 0]])
    expect(walk(memory, DIRECTORY, 0x8000_0000, false)).toBeUndefined()
    expect(walk(memory, 0xffff_f000, ADDRESS, false)).toBeUndefined()
    memory.store32(DIRECTORY, 0xf000_0000 | PRESENT | WRITABLE)
    expect(walk(memory, DIRECTORY, ADDRESS, false)).toBeUndefined()
  })

  /** Has another CPU change the entry right before it is marked. */
  function meanwhile(change: () => void): void {
    const { compareExchange } = Atomics
    let calls = 0
    vi.spyOn(Atomics, 'compareExchange').mockImplementation(((...args: Parameters<typeof compareExchange>) => {
      // The first is the directory's.
      if (++calls === 2) change()
      return compareExchange(...args)
    }) as typeof compareExchange)
  }

  test('of an entry that the kernel takes away meanwhile is a fault, and it stays away', () => {
    const { memory } = tables(endian)
    meanwhile(() => memory.store32(ENTRY, 0))
    expect([walk(memory, DIRECTORY, ADDRESS, true), memory.load32(ENTRY)]).toEqual([undefined, 0])
  })

  test('of an entry that is changed meanwhile goes where it leads now', () => {
    const { memory } = tables(endian)
    const moved = (PAGE + PAGE_BYTES) | PRESENT | WRITABLE
    meanwhile(() => memory.store32(ENTRY, moved))
    expect([walk(memory, DIRECTORY, ADDRESS, true), memory.load32(ENTRY)]).toEqual([
      PAGE + PAGE_BYTES + 0x123,
      moved | ACCESSED | DIRTY,
    ])
  })
})
