import { type RamBlock, ramCopy } from 'guestmem'
import { PAGE } from './layout.ts'
import { wordsOf } from './words.ts'

/** How many bytes of a page are the block's: the last one may be shorter. */
export function pageLength(block: RamBlock, page: number): number {
  return Math.min(PAGE, block.size - page * PAGE)
}

export function pagesIn(block: RamBlock): number {
  return Math.ceil(block.size / PAGE)
}

/**
 * Copies pages of a block; what a short last one lacks is zero.
 *
 * @param to From `at` on it has room for whole pages.
 */
export function loadPages(to: Uint8Array, at: number, block: RamBlock, first: number, count: number): void {
  const length = Math.min(count * PAGE, block.size - first * PAGE)
  ramCopy(to, at, block, first * PAGE, length)
  if (length < count * PAGE) to.fill(0, at + length, at + count * PAGE)
}

/** One of them. */
export function loadPage(to: Uint8Array, at: number, block: RamBlock, page: number): void {
  loadPages(to, at, block, page, 1)
}

export function storePage(block: RamBlock, page: number, from: Uint8Array, at: number): void {
  ramCopy(block, page * PAGE, from, at, pageLength(block, page))
}

/** @param from A word; a page is 1024 of them. */
export function isZeroPage(words: Uint32Array, from: number): boolean {
  const end = from + PAGE / 4
  // Most pages that are not zero show it at once. All others are gone through, eight words at a time: it is half of the time
  // that a machine takes which is mostly zero.
  for (let at = from; at < end; at += 8)
    if (
      ((words[at] as number) |
        (words[at + 1] as number) |
        (words[at + 2] as number) |
        (words[at + 3] as number) |
        (words[at + 4] as number) |
        (words[at + 5] as number) |
        (words[at + 6] as number) |
        (words[at + 7] as number)) !==
      0
    )
      return false
  return true
}

/** Four words at a time, for the same reason. */
export function arePagesEqual(a: Uint32Array, from: number, b: Uint32Array, other: number): boolean {
  const end = from + PAGE / 4
  for (let at = from, to = other; at < end; at += 4, to += 4)
    if (
      (((a[at] as number) ^ (b[to] as number)) |
        ((a[at + 1] as number) ^ (b[to + 1] as number)) |
        ((a[at + 2] as number) ^ (b[to + 2] as number)) |
        ((a[at + 3] as number) ^ (b[to + 3] as number))) !==
      0
    )
      return false
  return true
}

/** One page of bytes, and the same as words. */
export interface PageBuffer {
  readonly bytes: Uint8Array
  readonly words: Uint32Array
}

export function pageBuffer(pages = 1): PageBuffer {
  const bytes = new Uint8Array(pages * PAGE)
  return { bytes, words: wordsOf(bytes) }
}
