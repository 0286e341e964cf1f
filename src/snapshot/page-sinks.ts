import type { RamBlock } from 'guestmem'
import type { Machine } from './machine.ts'
import { PageBits } from './page-bits.ts'
import { loadPage, pageBuffer, pagesIn } from './page-bytes.ts'
import { pageScratch } from './page-scratch.ts'
import type { RamJournal } from './ram-journal.ts'
import type { PageSink } from './snapshot-file.ts'

/** Stores nothing: all that can be checked without the memory is checked by who calls it. */
export class CheckingSink implements PageSink {
  readonly blocks: readonly RamBlock[]

  constructor(blocks: readonly RamBlock[]) {
    this.blocks = blocks
  }

  data(): void {}
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
  readonly #page = pageBuffer()
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

  data(block: number, page: number, bytes: Uint8Array, words: Uint32Array, at: number): void {
    const number = this.#come(block, page)
    this.#journal.store(number, page, bytes, words, at)
  }

  zero(block: number, page: number): void {
    this.#journal.clear(this.#come(block, page), page)
  }

  same(block: number, page: number, from: number, fromPage: number, check: number): boolean {
    const { bytes, words } = this.#page
    loadPage(bytes, 0, this.#blocks[from] as RamBlock, fromPage)
    if (pageScratch().checksumOf(bytes, 0) !== check) return false
    this.data(block, page, bytes, words, 0)
    return true
  }

  full(): void {
    this.#journal.clearOthers(this.#present)
  }

  async sync(number: number): Promise<void> {
    await this.#synced?.(number)
  }

  #come(block: number, page: number): number {
    const number = this.#numbers[block] as number
    this.#present[number]?.add(page)
    return number
  }
}
