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

/** Pages that are kept together: 64 of them, 256 KiB. */
const GROUP = 64
const PAGE_WORDS = PAGE / 4
/** How many arrays of a page are kept to be used again. */
const MAX_SPARE = 1024

/** Pages as they were before the next moment came; those that did not change between the two are not in it. */
export type Changes = Map<number, PageBuffer>

const LOADED: PageBuffer = /* @__PURE__ */ pageBuffer()
const NOTHING: PageBuffer = /* @__PURE__ */ pageBuffer()
const spare: PageBuffer[] = []

/**
 * What a block had at several moments. Of the latest one every page is kept, as long as it is not zero; of each one before it
 * those pages that had changed by the next. So what a page had at a moment is what the first of the moments from that one on
 * has of it, and else what the latest has.
 */
export class PageHistory {
  readonly #block: RamBlock
  /** Of the latest moment. */
  readonly #groups: (PageBuffer | undefined)[]
  /** Of the moments before it, the oldest first. Their users tell them by the objects. */
  readonly #before: Changes[] = []
  /** Pages that may differ from the latest moment's, beside those that were stored to since the last call. */
  readonly #pending: PageBits

  constructor(block: RamBlock) {
    this.#block = block
    this.#groups = new Array(Math.ceil(pagesIn(block) / GROUP)).fill(undefined)
    this.#pending = new PageBits(pagesIn(block))
    if (!block.ram.untouched) this.#pending.addRange(0, pagesIn(block))
    this.#latest(this.#pending, undefined)
  }

  /** The latest moment is now. @param stored Pages that were stored to since the last call. @returns The moment before. */
  advance(stored: PageBits): Changes {
    const changes: Changes = new Map()
    this.#before.push(changes)
    this.#pending.addAll(stored)
    this.#latest(this.#pending, changes)
    return changes
  }

  /**
   * Stores to the block what it had at a moment.
   *
   * @param moment Undefined for the latest.
   * @param stored Pages that were stored to since the last call.
   * @returns How many pages were stored.
   */
  rollback(moment: Changes | undefined, stored: PageBits): number {
    const later = moment === undefined ? [] : this.#before.slice(this.#before.indexOf(moment))
    this.#pending.addAll(stored)
    for (const changes of later) for (const page of changes.keys()) this.#pending.add(page)
    let count = 0
    for (const page of this.#pending) {
      const kept = later.find(changes => changes.has(page))?.get(page)
      if (kept === undefined) count += this.#store(page, this.#groups[page >>> 6] ?? NOTHING, (page % GROUP) * PAGE)
      else count += this.#store(page, kept, 0)
    }
    this.#pending.clear()
    for (const changes of later) for (const page of changes.keys()) this.#pending.add(page)
    return count
  }

  /** Nobody goes back to this moment any more. @param moment Undefined for the latest. */
  forget(moment: Changes | undefined): void {
    const at = moment === undefined ? this.#before.length : this.#before.indexOf(moment)
    if (moment === undefined) {
      // The one before becomes the latest.
      const last = this.#before.pop()
      for (const [page, kept] of last ?? []) {
        this.#keep(page, kept)
        this.#pending.add(page)
        giveBack(kept)
      }
      return
    }
    const [changes] = this.#before.splice(at, 1)
    const earlier = this.#before[at - 1]
    for (const [page, kept] of changes ?? []) {
      // What the one before has not kept it has in common with this one.
      if (earlier === undefined || earlier.has(page)) giveBack(kept)
      else earlier.set(page, kept)
    }
  }

  /** Has the block's pages for the latest moment. @param changes Gets what they were before. */
  #latest(pages: PageBits, changes: Changes | undefined): void {
    for (const page of pages) {
      if (this.#block.ram.untouched) break
      loadPage(LOADED.bytes, 0, this.#block, page)
      const group = this.#groups[page >>> 6]
      const from = (page % GROUP) * PAGE_WORDS
      const isSame =
        group === undefined ? isZeroPage(LOADED.words, 0) : arePagesEqual(LOADED.words, 0, group.words, from)
      if (isSame) continue
      if (changes !== undefined) {
        const kept = spare.pop() ?? pageBuffer()
        if (group === undefined) kept.bytes.fill(0)
        else kept.bytes.set(group.bytes.subarray((page % GROUP) * PAGE, (page % GROUP) * PAGE + PAGE))
        changes.set(page, kept)
      }
      this.#keep(page, LOADED)
    }
    pages.clear()
  }

  #keep(page: number, { bytes }: PageBuffer): void {
    let group = this.#groups[page >>> 6]
    if (group === undefined) {
      group = pageBuffer(GROUP)
      this.#groups[page >>> 6] = group
    }
    group.bytes.set(bytes, (page % GROUP) * PAGE)
  }

  /** @returns 1 where the page was another one, else 0: what is so already gets no mark. */
  #store(page: number, from: PageBuffer, at: number): 0 | 1 {
    const block = this.#block
    if (block.ram.untouched) return 0
    loadPage(LOADED.bytes, 0, block, page)
    const start = from === NOTHING ? 0 : at
    if (arePagesEqual(LOADED.words, 0, from.words, start / 4)) return 0
    if (from === NOTHING) ramFill(block, page * PAGE, 0, pageLength(block, page))
    else storePage(block, page, from.bytes, start)
    return 1
  }
}

function giveBack(page: PageBuffer): void {
  if (spare.length < MAX_SPARE) spare.push(page)
}
