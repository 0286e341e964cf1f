import { type RamBlock, ramCopy, ramFill } from 'guestmem'
import { isPageAs, zeroPagesFrom } from './guest-pages.ts'
import { PAGE } from './layout.ts'
import { PageBits } from './page-bits.ts'
import { pageLength, pagesIn, storePage } from './page-bytes.ts'
import { pageScratch } from './page-scratch.ts'
import { PageStore } from './page-store.ts'

/**
 * Stores pages so that they can be put back as they were. What is stored is compared first: a page that is so already is not
 * touched, and not marked for who logs it.
 *
 * To look at a page that nobody has touched yet makes the host map it, which takes longer than to copy it. So no page is looked at
 * of which it is known that it is zero.
 */
export class RamJournal {
  readonly #blocks: readonly RamBlock[]
  readonly #touched: readonly PageBits[]
  readonly #most: number
  readonly #refuse: (() => never) | undefined
  /** Of each block the pages that were not zero, and where they are kept. */
  readonly #kept: Map<number, number>[]
  readonly #store = new PageStore()
  /** Of blocks that nobody had touched in the beginning the pages that were stored to: all others are zero. */
  readonly #storedTo: readonly (PageBits | undefined)[]
  #undoable = true
  /** Pages that were changed. */
  changedPages = 0

  /**
   * @param most How many pages that were in use it keeps; those that were zero take a bit each.
   * @param refuse Called where there are more. Without it, none are kept from there on.
   */
  constructor(blocks: readonly RamBlock[], most: number, refuse?: () => never) {
    this.#blocks = blocks
    this.#touched = blocks.map(block => new PageBits(pagesIn(block)))
    this.#kept = blocks.map(() => new Map())
    this.#storedTo = blocks.map(block => (block.ram.untouched ? new PageBits(pagesIn(block)) : undefined))
    this.#most = most
    this.#refuse = refuse
  }

  /** Everything can be put back. */
  get undoable(): boolean {
    return this.#undoable
  }

  /** Stores pages that follow one another. @param at Where the first of them begins in `bytes`, which are not the scratch's. */
  store(block: number, first: number, count: number, bytes: Uint8Array, at: number): void {
    const to = this.#blocks[block] as RamBlock
    for (let i = 0; i < count; ) {
      let end = i
      for (; end < count && !this.#isAs(block, first + end, bytes, at + end * PAGE); end++)
        this.#keep(block, first + end)
      if (end > i) {
        const length = Math.min((end - i) * PAGE, to.size - (first + i) * PAGE)
        ramCopy(to, (first + i) * PAGE, bytes, at + i * PAGE, length)
        this.#storedTo[block]?.addRange(first + i, first + end)
        this.changedPages += end - i
      }
      i = end + 1
    }
  }

  /** Makes a page zero. */
  clear(block: number, page: number): void {
    if (!this.#isKnownZero(block, page)) this.#clearUsed(block, page, page + 1)
  }

  /** Makes all pages zero that are not among these. */
  clearOthers(pages: readonly PageBits[]): void {
    for (const [index, block] of this.#blocks.entries()) {
      // What nobody had touched has only those pages that came.
      if (this.#storedTo[index] !== undefined) continue
      const count = pagesIn(block)
      const bits = pages[index] as PageBits
      for (let first = 0; first < count; ) {
        let end = first
        while (end < count && !bits.has(end)) end++
        this.#clearUsed(index, first, end)
        first = end + 1
      }
    }
  }

  /** Puts every page back. */
  undo(): void {
    for (const [index, block] of this.#blocks.entries()) {
      for (const page of this.#touched[index] as PageBits) {
        const number = this.#kept[index]?.get(page)
        if (number === undefined) ramFill(block, page * PAGE, 0, pageLength(block, page))
        else storePage(block, page, this.#store.arrayOf(number), this.#store.offsetOf(number))
      }
    }
    this.forget()
  }

  /** Lets go of what was kept: the pages stay as they are. */
  forget(): void {
    for (const touched of this.#touched) touched.clear()
    for (const kept of this.#kept) kept.clear()
    this.#store.clear()
  }

  #isKnownZero(block: number, page: number): boolean {
    return this.#storedTo[block]?.has(page) === false
  }

  #isAs(index: number, page: number, bytes: Uint8Array, at: number): boolean {
    if (this.#isKnownZero(index, page)) return pageScratch().isZeroOf(bytes, at)
    return isPageAs(this.#blocks[index] as RamBlock, page, bytes, at)
  }

  /** @param end Behind the last page. */
  #clearUsed(index: number, first: number, end: number): void {
    const block = this.#blocks[index] as RamBlock
    for (let page = first; ; page++) {
      page += zeroPagesFrom(block, page, end - page)
      if (page >= end) return
      this.#keep(index, page)
      ramFill(block, page * PAGE, 0, pageLength(block, page))
      this.changedPages++
    }
  }

  /** Keeps a page before it is changed for the first time. */
  #keep(index: number, page: number): void {
    const block = this.#blocks[index] as RamBlock
    if (!this.#undoable || this.#touched[index]?.has(page)) return
    if (!this.#isKnownZero(index, page) && zeroPagesFrom(block, page, 1) === 0) {
      if (this.#store.count === this.#most) {
        this.#refuse?.()
        this.#undoable = false
        this.forget()
        return
      }
      this.#kept[index]?.set(page, this.#store.add(block, page))
    }
    this.#touched[index]?.add(page)
  }
}
