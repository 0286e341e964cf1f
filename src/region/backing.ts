import { checkBlock, type RamBlock } from '../ram/ram-block.ts'

/** One block of a region's memory, and the offset in the region of its first byte, bytes. */
export interface Backing {
  readonly block: RamBlock
  readonly start: number
}

/**
 * The bytes of a region that is memory: a block, or several laid end to end, for more than the 4 GiB that one guest RAM
 * can hold.
 *
 * @throws TypeError naming what is no block.
 */
export function backingOf(block: RamBlock | readonly RamBlock[]): Backing[] {
  if (!Array.isArray(block)) return [{ block: checkBlock(block, 'block'), start: 0 }]
  if (block.length === 0) throw new TypeError('block must be a RamBlock or some of them, got an empty array')
  let start = 0
  return block.map((each: unknown, index) => {
    const backing = { block: checkBlock(each, `block[${index}]`), start }
    start += backing.block.size
    return backing
  })
}

/** The index of the block that holds the byte at `offset`; a region's memory has one for each. */
export function backingIndexAt(backing: readonly Backing[], offset: number): number {
  let low = 0
  let high = backing.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((backing[middle] as Backing).start <= offset) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** The block that holds the byte at `offset`. */
export function backingAt(backing: readonly Backing[], offset: number): Backing {
  return backing[backingIndexAt(backing, offset)] as Backing
}

/** The size of all blocks together, bytes. */
export function backingSize(backing: readonly Backing[]): number {
  const last = backing[backing.length - 1] as Backing
  return last.start + last.block.size
}
