import type { RamBlock } from 'guestmem'
import { beginsAs, zeroPagesFrom } from './guest-pages.ts'
import { PAGE } from './layout.ts'
import { PageBits } from './page-bits.ts'
import { pagesIn } from './page-bytes.ts'

/** Where so many pages were not told to be in use, others will not be, either. */
const PATIENCE = 1024

/**
 * Tells, before anything is stored, of pages in use that others will overwrite, so that who could not keep all of them in order
 * to put them back need not begin with it. By their first bytes: pages that begin as they are to are not counted, and may differ
 * further on.
 */
export class OverwrittenPages {
  readonly #counted = new Map<RamBlock, PageBits>()
  #unknown = 0
  #least = 0

  /** So many there are, or more. */
  get least(): number {
    return this.#least
  }

  /** Pages that follow one another, and the bytes that they will have, from byte `at` on. */
  data(block: RamBlock, first: number, count: number, bytes: Uint8Array, at: number): void {
    if (block.ram.untouched || this.#unknown > PATIENCE) return
    const counted = this.#countedOf(block)
    for (let i = 0; i < count; i++) {
      const page = first + i
      if (counted.has(page)) continue
      if (!beginsAs(block, page, bytes, at + i * PAGE) && zeroPagesFrom(block, page, 1) === 0) {
        counted.add(page)
        this.#least++
      } else this.#unknown++
    }
  }

  #countedOf(block: RamBlock): PageBits {
    let counted = this.#counted.get(block)
    if (counted === undefined) {
      counted = new PageBits(pagesIn(block))
      this.#counted.set(block, counted)
    }
    return counted
  }
}
