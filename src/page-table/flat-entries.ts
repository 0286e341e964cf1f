import type { Entries } from './entries.ts'
import { HEADER_BYTES } from './layout.ts'
import type { TableWords } from './table-words.ts'

const FIRST = HEADER_BYTES / 4

/** An entry for every page, a word each. */
export class FlatEntries implements Entries {
  readonly #words: TableWords

  constructor(words: TableWords) {
    this.#words = words
  }

  /** Every page is shown from when it is mapped. */
  show(): void {}

  /** Words that stay are not stored to, so that the host commits no page of the table for what was never mapped. */
  change(first: number, end: number, entry: number): void {
    this.#words.fill(FIRST + first, FIRST + end, entry)
  }
}
