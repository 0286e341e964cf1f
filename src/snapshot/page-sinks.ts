import type { RamBlock } from 'guestmem'
import { PAGE } from './layout.ts'
import type { Machine } from './machine.ts'
import type { OverwrittenPages } from './overwritten-pages.ts'
import { PageBits } from './page-bits.ts'
import { loadPage, pagesIn } from './page-bytes.ts'
import { pageScratch } from './page-scratch.ts'
import type { RamJournal } from './ram-journal.ts'
import type { PageSink } from './snapshot-file.ts'

/** Stores nothing: all that can be checked without the memory is checked by who calls it. */
export class CheckingSink implements PageSink {
  readonly #blocks: readonly RamBlock[]
  readonly #overwritten: OverwrittenPages | undefined

  /** @param blocks The file's. @param overwritten Gets to know what a StoringSink would overwrite. */
  constructor(blocks: readonly RamBlock[], overwritten?: OverwrittenPages) {
    this.#blocks = blocks
    this.#overwritten = overwritten
  }

  data(block: number, first: number, count: number, bytes: Uint8Array, at: number): void {
    this.#overwritten?.data(this.#blocks[block] as RamBlock, first, count, bytes, at)
  }

  zero(): void {}
  same(): boolean {
    return true
  }
  full(): void {}
  async sync(): Promise<void> {}
}

/** Stores pages to a machine's memory. */
export class StoringSink implements PageSink {
  /** The file's number of a block to the machine's. */
  readonly #numbers: readonly number[]
  readonly #blocks: readonly RamBlock[]
  readonly #journal: RamJournal
  readonly #present: readonly PageBits[]
  readonly #page = new Uint8Array(PAGE)
  readonly #synced: ((number: number) => Promise<void>) | undefined

  /** @param blocks The file's. @param present Of the machine's blocks the pages that have come, in any file of a chain. @param synced Asked by a migration. */
  constructor(
    machine: Machine,
    blocks: readonly RamBlock[],
    journal: RamJournal,
    present: readonly PageBits[],
    synced?: (number: number) => Promise<void>,
  ) {
    this.#numbers = blocks.map(block => machine.blockIndexOf.get(block) as number)
    this.#blocks = blocks
    this.#journal = journal
    this.#present = present
    this.#synced = synced
  }

  static presence(blocks: readonly RamBlock[]): PageBits[] {
    return blocks.map(block => new PageBits(pagesIn(block)))
  }

  data(block: number, first: number, count: number, bytes: Uint8Array, at: number): void {
    const number = this.#numbers[block] as number
    this.#present[number]?.addRange(first, first + count)
    this.#journal.store(number, first, count, bytes, at)
  }

  zero(block: number, page: number): void {
    const number = this.#numbers[block] as number
    this.#present[number]?.add(page)
    this.#journal.clear(number, page)
  }

  same(block: number, page: number, from: number, fromPage: number, check: number): boolean {
    const bytes = this.#page
    loadPage(bytes, 0, this.#blocks[from] as RamBlock, fromPage)
    if (pageScratch().checksumOf(bytes, 0) !== check) return false
    this.data(block, page, 1, bytes, 0)
    return true
  }

  full(): void {
    this.#journal.clearOthers(this.#present)
  }

  async sync(number: number): Promise<void> {
    await this.#synced?.(number)
  }
}
