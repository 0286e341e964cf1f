import type { RamBlock } from 'guestmem'
import { checksum } from './checksum.ts'
import type { ChunkWriter } from './chunk-writer.ts'
import type { EqualPages } from './equal-pages.ts'
import { zeroPagesFrom } from './guest-pages.ts'
import { CHUNK_HEADER, HERE, MAX_DATA_PAGES, MAX_RECORDS, PAGE, RAM, RAM_HEADER, RECORD, ZERO } from './layout.ts'
import { loadPages } from './page-bytes.ts'
import { OTHER, pageScratch } from './page-scratch.ts'
import { setU32 } from './words.ts'

/** Where the pages begin in a chunk, and their number behind it. */
const DATA = CHUNK_HEADER + RAM_HEADER
const RECORD_WORDS = RECORD / 4
/** Of as many pages with their bytes as a chunk may have, and no others. */
const MAX_CHUNK = DATA + MAX_DATA_PAGES * (PAGE + RECORD)

/** Pages of a block, as bytes. */
export interface PageRange {
  readonly offset: number
  readonly length: number
}

export interface PageWriting {
  /** Pages that are zero are left out; else they are in the file as such. */
  readonly sparse: boolean
  /** Finds pages that are equal; undefined where the guest runs on, so that what was equal may be no more. */
  readonly equal: EqualPages | undefined
}

/**
 * Makes chunks of pages. Guest memory is copied first, and what is looked at is the copy: whatever a thread stores meanwhile, a
 * page's checksum is that of the bytes beside it.
 */
export class PageWriter {
  readonly #writer: ChunkWriter
  readonly #blocks: readonly RamBlock[]
  readonly #options: PageWriting
  readonly #records = new Uint32Array(MAX_RECORDS * RECORD_WORDS)
  #bytes: Uint8Array = new Uint8Array(0)
  #block = 0
  #count = 0
  #data = 0
  /** How many pages were written with their bytes, all chunks together. */
  dataPages = 0

  constructor(writer: ChunkWriter, blocks: readonly RamBlock[], options: PageWriting) {
    this.#writer = writer
    this.#blocks = blocks
    this.#options = options
  }

  /** @param index Of the block. @param ranges Whole pages, ascending; the last may end with the block. */
  *pages(index: number, ranges: Iterable<PageRange>): Generator<Uint8Array, void, undefined> {
    const block = this.#blocks[index] as RamBlock
    this.#block = index
    for (const { offset, length } of ranges) {
      const end = Math.ceil((offset + length) / PAGE)
      for (let page = Math.floor(offset / PAGE); page < end; ) {
        if (this.#isFull) yield this.#flush()
        const zeros = this.#takeZeros(block, page, end - page)
        page += zeros === 0 ? this.#take(block, page, Math.min(end - page, this.#room)) : zeros
      }
    }
    if (this.#count > 0) yield this.#flush()
  }

  get #isFull(): boolean {
    return this.#data === MAX_DATA_PAGES || this.#count === MAX_RECORDS
  }

  /** How many pages can be looked at before the chunk may be full. */
  get #room(): number {
    return Math.min(MAX_DATA_PAGES - this.#data, MAX_RECORDS - this.#count)
  }

  /**
   * Those that are zero from here on. They are looked at where they are: what a thread stores to one meanwhile is marked, and sent
   * again.
   *
   * @returns How many.
   */
  #takeZeros(block: RamBlock, first: number, count: number): number {
    const { sparse } = this.#options
    const most = sparse ? count : Math.min(count, MAX_RECORDS - this.#count)
    // RAM that nobody has touched is zero, and stays as it is.
    const zeros = block.ram.untouched ? most : zeroPagesFrom(block, first, most)
    if (!sparse) for (let i = 0; i < zeros; i++) this.#record(first + i, 0, ZERO, 0)
    return zeros
  }

  /** @returns How many pages were taken: all of `count`, which there is room for. */
  #take(block: RamBlock, first: number, count: number): number {
    if (this.#bytes.length === 0) this.#bytes = new Uint8Array(MAX_CHUNK)
    const scratch = pageScratch()
    loadPages(scratch.bytes, 0, block, first, count)
    for (let i = 0; i < count; i++) {
      if (!scratch.isZero(i * PAGE)) this.#keep(first + i, i * PAGE)
      else if (!this.#options.sparse) this.#record(first + i, 0, ZERO, 0)
    }
    return count
  }

  /** @param at Where the page's bytes are in the scratch. */
  #keep(page: number, at: number): void {
    const scratch = pageScratch()
    const { bytes } = scratch
    const check = scratch.checksum(at)
    const { equal } = this.#options
    if (equal?.find(check)) {
      loadPages(bytes, OTHER, this.#blocks[equal.block] as RamBlock, equal.page, 1)
      if (scratch.isEqual(at, OTHER)) {
        this.#record(page, check, equal.block, equal.page)
        return
      }
    }
    equal?.add(check, this.#block, page)
    this.#bytes.set(bytes.subarray(at, at + PAGE), DATA + this.#data * PAGE)
    this.#record(page, check, HERE, 0)
    this.#data++
    this.dataPages++
  }

  #record(page: number, check: number, block: number, from: number): void {
    const at = this.#count++ * RECORD_WORDS
    this.#records[at] = page
    this.#records[at + 1] = check
    this.#records[at + 2] = block
    this.#records[at + 3] = from
  }

  #flush(): Uint8Array {
    const table = DATA + this.#data * PAGE
    const length = table + this.#count * RECORD
    // Of few pages, and of more records than there is room for behind the pages, a copy as long as it is.
    let bytes = this.#bytes.subarray(0, length)
    if (2 * length < this.#bytes.length || length > this.#bytes.length) {
      bytes = new Uint8Array(length)
      bytes.set(this.#bytes.subarray(0, table))
    } else this.#bytes = new Uint8Array(0)
    setU32(bytes, CHUNK_HEADER, this.#block)
    setU32(bytes, CHUNK_HEADER + 4, this.#count)
    setU32(bytes, CHUNK_HEADER + 8, this.#data)
    setU32(bytes, CHUNK_HEADER + 12, 0)
    for (let i = 0; i < this.#count * RECORD_WORDS; i++) setU32(bytes, table + 4 * i, this.#records[i] as number)
    const seed = checksum(bytes, CHUNK_HEADER, RAM_HEADER)
    const check = checksum(bytes, table, length - table, seed)
    this.#count = 0
    this.#data = 0
    return this.#writer.seal(RAM, bytes, check)
  }
}
