import { GuestRam, type RamBlock } from 'guestmem'
import { type CheckedOptions, PLACE_BYTES } from './options.ts'

/**
 * Takes the pages of a table's place as a block of guest RAM takes them, zeroed: what is taken by a block, or by another table,
 * is refused, and no block is cut there before they are given back.
 *
 * @throws RangeError where a page of it is taken, and nothing has changed.
 */
export function takePlace({ memory, offset, geometry }: CheckedOptions): RamBlock {
  const bytes = Math.ceil(geometry.bytes / PLACE_BYTES) * PLACE_BYTES
  // No kernel is needed for it.
  const ram = GuestRam.wrap(memory, { offset, bytes, lane: 'script' })
  let block: RamBlock
  try {
    block = ram.block('page table', bytes, { offset })
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new RangeError(
      `options.offset must be where ${bytes} bytes are in no RAM block and no other table, got ${offset}`,
    )
  }
  ram.discard(offset, bytes)
  return block
}

/** Two blocks are in one memory where they have the same dirty bitmaps: those are a memory's (docs/MEMORY.md). */
export function isOneMemory(a: RamBlock, b: RamBlock): boolean {
  // RAM that is not allocated yet is in no memory, and has not to be allocated to find out.
  return a.ram.allocated && b.ram.allocated && a.ram.logs.buffer === b.ram.logs.buffer
}
