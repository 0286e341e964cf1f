// How an emulated CPU translates an address of a program's: it walks the guest's page tables, and notes in each entry that it
// was used. Other CPUs walk the same tables, and the guest's kernel changes them meanwhile, so the note is an atomic access.

import { atomicCompareExchange32, MemTxResult } from 'guestmem'

export const PAGE_BYTES = 4096

// The bits of an entry, as an 80386 has them. The upper 20 bits are the page's number.
export const PRESENT = 0x01
export const WRITABLE = 0x02
export const ACCESSED = 0x20
export const DIRTY = 0x40

/**
 * Two levels of tables: a directory of 1024 entries, each of a table of 1024 entries, each of a page.
 *
 * @param {import('guestmem').AddressSpace} memory What the CPU sees.
 * @param {number} directory Physical address, as CR3 has it.
 * @param {number} address Linear, 32 bits.
 * @param {boolean} write
 * @returns {number | undefined} The physical address; undefined where it is a page fault, and nothing is noted of the page.
 */
export function walk(memory, directory, address, write) {
  const table = use(memory, directory + 4 * (address >>> 22), write, ACCESSED)
  if (table === undefined) return undefined
  const page = use(memory, table + 4 * ((address >>> 12) & 0x3ff), write, write ? ACCESSED | DIRTY : ACCESSED)
  return page === undefined ? undefined : page + (address & 0xfff)
}

/**
 * Where an entry leads, once it says that it was used.
 *
 * The entry that is marked is the very one that was looked at: if it has changed by then, because the kernel took the page
 * away or cleared a bit, nothing is stored, and it is looked at anew. A load and a store would put the old entry back.
 */
function use(memory, at, write, bits) {
  let entry = memory.load32(at)
  for (;;) {
    if (memory.result !== MemTxResult.OK || (entry & PRESENT) === 0) return undefined
    if (write && (entry & WRITABLE) === 0) return undefined
    if ((entry & bits) === bits) return (entry & ~0xfff) >>> 0
    const found = atomicCompareExchange32(memory, at, entry, entry | bits)
    if (found === entry && memory.result === MemTxResult.OK) return (entry & ~0xfff) >>> 0
    entry = found
  }
}
