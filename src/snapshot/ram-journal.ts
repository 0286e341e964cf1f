import { type RamBlock, ramFill } from 'guestmem'
import { PAGE } from './layout.ts'
import { PageBits } from './page-bits.ts'
import { arePagesEqual, loadPages, type PageBuffer, pageBuffer, pageLength, pagesIn, storePage } from './page-bytes.ts'
import { pageScratch, SCRATCH_PAGES } from './page-scratch.ts'

const ZERO: PageBuffer = /* @__PURE__ */ pageBuffer()

/**
 * Stores pages so that they can be put back as they were. What is stored is compared first: a page that is so already is not
 * touched, and not marked for who logs it.
 */
export class RamJournal {
  readonly #blocks: readonly RamBlock[]
  readonly #touched: readonly PageBits[]
  readonly #most: number
  readonly #refuse: (() => never) | undefined
  /** Of each block the pages that were not zero. */
  readonly #kept: Map<number, Uint8Array>[]
  #count = 0
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
    this.#most = most
    this.#refuse = refuse
  }

  /** Everything can be put back. */
  get undoable(): boolean {
    return this.#undoable
  }

  /** @param words Of the array that has the page, which begins at byte `at`. */
  store(block: number, page: number, bytes: Uint8Array, words: Uint32Array, at: number): void {
    const to = this.#blocks[block] as RamBlock
    const scratch = pageScratch()
    if (to.ram.allocated) loadPages(scratch.bytes, 0, to, page, 1)
    else scratch.bytes.fill(0, 0, PAGE)
    if (arePagesEqual(scratch.words, 0, words, at / 4)) return
    this.#keep(block, page, scratch.isZero(0), 0)
    storePage(to, page, bytes, at)
    this.changedPages++
  }

  /** Makes a page zero. */
  clear(block: number, page: number): void {
    if ((this.#blocks[block] as RamBlock).ram.allocated) this.store(block, page, ZERO.bytes, ZERO.words, 0)
  }

  /** Makes all pages zero that are not among these. */
  clearOthers(pages: readonly PageBits[]): void {
    for (const [index, block] of this.#blocks.entries()) {
      if (!block.ram.allocated) continue
      const count = pagesIn(block)
      const bits = pages[index] as PageBits
      for (let first = 0; first < count; ) {
        let end = first
        while (end < count && end < first + SCRATCH_PAGES && !bits.has(end)) end++
        if (end > first) this.#clearUsed(index, block, first, end)
        else end++
        first = end
      }
    }
  }

  /** Puts every page back. */
  undo(): void {
    for (const [index, block] of this.#blocks.entries()) {
      for (const page of this.#touched[index] as PageBits) {
        const bytes = this.#kept[index]?.get(page)
        if (bytes === undefined) ramFill(block, page * PAGE, 0, pageLength(block, page))
        else storePage(block, page, bytes, 0)
      }
    }
    this.forget()
  }

  /** Lets go of what was kept: the pages stay as they are. */
  forget(): void {
    for (const touched of this.#touched) touched.clear()
    for (const kept of this.#kept) kept.clear()
    this.#count = 0
  }

  /** @param end Behind the last page. */
  #clearUsed(index: number, block: RamBlock, first: number, end: number): void {
    const scratch = pageScratch()
    loadPages(scratch.bytes, 0, block, first, end - first)
    for (let page = first; page < end; page++) {
      const at = (page - first) * PAGE
      if (scratch.isZero(at)) continue
      this.#keep(index, page, false, at)
      ramFill(block, page * PAGE, 0, pageLength(block, page))
      this.changedPages++
    }
  }

  /** Keeps a page before it is changed for the first time. @param at Where it is in the scratch. */
  #keep(block: number, page: number, isZero: boolean, at: number): void {
    if (!this.#undoable || this.#touched[block]?.has(page)) return
    if (!isZero) {
      if (this.#count === this.#most) {
        this.#refuse?.()
        this.#undoable = false
        this.forget()
        return
      }
      this.#count++
      this.#kept[block]?.set(page, pageScratch().bytes.slice(at, at + PAGE))
    }
    this.#touched[block]?.add(page)
  }
}
