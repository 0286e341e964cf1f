import { bitsIn, CODE, CODE_WRITES, type DirtyBitmaps, GUEST_PAGE } from './dirty-bitmaps.ts'

// Offsets are in the guest RAM, bytes; lengths are bytes, at least one; a client is a mask of one.

export function anyDirty(dirty: DirtyBitmaps, offset: number, length: number, client: number): boolean {
  const { words } = dirty
  const start = dirty.startOf(client >>> 1)
  const [first, last] = pagesOf(offset, length)
  for (let word = first >>> 5; word <= last >>> 5; word++)
    if ((Atomics.load(words, start + word) & bitsIn(word, first, last)) !== 0) return true
  return false
}

/**
 * Takes the bits of these bytes' pages, and leaves those pages clean. The bits of others stay.
 *
 * @returns 32 pages a word; the first word's first page is the last multiple of 32 up to the one of `offset`.
 */
export function harvest(dirty: DirtyBitmaps, offset: number, length: number, client: number): Int32Array {
  const { words } = dirty
  const start = dirty.startOf(client >>> 1)
  const [first, last] = pagesOf(offset, length)
  const from = first >>> 5
  const taken = new Int32Array((last >>> 5) - from + 1)
  for (let i = 0; i < taken.length; i++) {
    // A word that seems to be empty is not written to: a mark that comes at the same time stays for the next harvest.
    if (Atomics.load(words, start + from + i) === 0) continue
    const bits = bitsIn(from + i, first, last)
    taken[i] = Atomics.and(words, start + from + i, ~bits) & bits
  }
  return taken
}

/** Sets the bits again that `harvest` took: what they stand for was not handed on. */
export function giveBack(dirty: DirtyBitmaps, offset: number, client: number, taken: Int32Array): void {
  const { words } = dirty
  const from = dirty.startOf(client >>> 1) + (pagesOf(offset, 1)[0] >>> 5)
  for (let i = 0; i < taken.length; i++) if (taken[i] !== 0) Atomics.or(words, from + i, taken[i] as number)
  // Who saw the number of stores before the bits were taken looks again.
  if (client === CODE && taken.some(bits => bits !== 0)) Atomics.add(words, CODE_WRITES, 1)
}

/** How many stores were marked for CODE, by all threads; modulo 2^32, signed. */
export function countCodeWrites(dirty: DirtyBitmaps): number {
  return Atomics.load(dirty.words, CODE_WRITES)
}

function pagesOf(offset: number, length: number): [first: number, last: number] {
  return [Math.floor(offset / GUEST_PAGE), Math.floor((offset + length - 1) / GUEST_PAGE)]
}
