import { type RamBlock, ramFill } from 'guestmem'
import { PAGE } from './layout.ts'
import { PageBits } from './page-bits.ts'
import {
  arePagesEqual,
  isZeroPage,
  loadPage,
  type PageBuffer,
  pageBuffer,
  pageLength,
  pagesIn,
  storePage,
} from './page-bytes.ts'

/**
 * Stores pages so that they can be put back as they were. What is stored is compared first: a page that is so already is not
 * touched, and not marked for who logs it.
 */
export class RamJournal {
  readonly #blocks: readonly RamBlock[]
  readonly #touched: readonly PageBits[]
  readonly #before: PageBuffer = pageBuffer()
  readonly #zero: PageBuffer = pageBuffer()
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
    const before = this.#before
    if (to.ram.allocated) loadPage(before.bytes, 0, to, page)
    else before.bytes.fill(0)
    if (arePagesEqual(before.words, 0, words, at / 4)) return
    this.#keep(block, page)
    storePage(to, page, bytes, at)
    this.changedPages++
  }

  /** Makes a page zero. */
  clear(block: number, page: number): void {
    if ((this.#blocks[block] as RamBlock).ram.allocated) this.store(block, page, this.#zero.bytes, this.#zero.words, 0)
  }

  /** Makes all pages zero that are not among these. */
  clearOthers(pages: readonly PageBits[]): void {
    for (const [index, block] of this.#blocks.entries()) {
      if (!block.ram.allocated) continue
      const count = pagesIn(block)
      const bits = pages[index] as PageBits
      for (let page = 0; page < count; page++) if (!bits.has(page)) this.#clearUsed(index, block, page)
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

  #clearUsed(index: number, block: RamBlock, page: number): void {
    const before = this.#before
    loadPage(before.bytes, 0, block, page)
    if (isZeroPage(before.words, 0)) return
    this.#keep(index, page)
    ramFill(block, page * PAGE, 0, pageLength(block, page))
    this.changedPages++
  }

  /** Keeps what was loaded before a page is changed for the first time. */
  #keep(block: number, page: number): void {
    if (!this.#undoable || this.#touched[block]?.has(page)) return
    if (!isZeroPage(this.#before.words, 0)) {
      if (this.#count === this.#most) {
        this.#refuse?.()
        this.#undoable = false
        this.forget()
        return
      }
      this.#count++
      this.#kept[block]?.set(page, this.#before.bytes.slice())
    }
    this.#touched[block]?.add(page)
  }
}
