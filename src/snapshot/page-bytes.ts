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
 * Copies a page of a block; what a short one lacks is zero.
 *
 * @param to Of the page's own size from `at` on.
 */
export function loadPage(to: Uint8Array, at: number, block: RamBlock, page: number): void {
  const length = pageLength(block, page)
  ramCopy(to, at, block, page * PAGE, length)
  if (length < PAGE) to.fill(0, at + length, at + PAGE)
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

export function arePagesEqual(a: Uint32Array, from: number, b: Uint32Array, other: number): boolean {
  for (let i = 0; i < PAGE / 4; i++) if (a[from + i] !== b[other + i]) return false
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
