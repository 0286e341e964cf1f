import type { Entries } from './entries.ts'
import { type Geometry, HEADER_BYTES, SLOT_BYTES } from './layout.ts'
import type { PageRuns } from './page-runs.ts'
import type { TableWords } from './table-words.ts'

const FIRST = HEADER_BYTES / 4
const WORDS = SLOT_BYTES / 4
const LOW = 0
const HIGH = 1
const ENTRY = 2

/**
 * A slot for each of as many pages as there are slots: the page's number in 64 bits, and its entry. Of pages that share a slot
 * it has the one that was shown last. Slots begin as zero, which says that page 0 is slow: that is never wrong.
 *
 * A page's slot is made of the lowest bits of its number and of those above them, so that pages of an aligned stretch of as
 * many pages as there are slots don't share one, and those of equal offsets in two such stretches don't either.
 */
export class HashedEntries implements Entries {
  readonly #words: TableWords
  readonly #slots: number

  constructor(words: TableWords, { count }: Geometry) {
    this.#words = words
    this.#slots = count
  }

  show(page: number, entry: number): void {
    const at = this.#at(page)
    // No CPU of this thread runs meanwhile: the order of these three does not matter.
    this.#words.set(at + LOW, page % 2 ** 32)
    this.#words.set(at + HIGH, Math.floor(page / 2 ** 32))
    this.#words.set(at + ENTRY, entry)
  }

  /** Pages that are in the table get their entry; the others come when they are shown. */
  change(first: number, end: number, entry: number, after: PageRuns): void {
    if (end - first < this.#slots) {
      for (let page = first; page < end; page++) {
        const at = this.#at(page)
        if (this.#pageAt(at) === page) this.#words.set(at + ENTRY, entry)
      }
      return
    }
    for (let slot = 0; slot < this.#slots; slot++) {
      const at = FIRST + slot * WORDS
      this.#words.set(at + ENTRY, after.at(this.#pageAt(at)))
    }
  }

  #at(page: number): number {
    const slots = this.#slots
    const slot = (page % slots) ^ (Math.floor(page / slots) % slots)
    return FIRST + slot * WORDS
  }

  #pageAt(at: number): number {
    return this.#words.get(at + HIGH) * 2 ** 32 + this.#words.get(at + LOW)
  }
}
