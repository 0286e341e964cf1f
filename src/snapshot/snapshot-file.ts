import { show } from '../check.ts'
import type { Chunk, ChunkReader } from './chunk-reader.ts'
import type { FileIdentity } from './chunk-writer.ts'
import { Decoder, Malformed } from './decoder.ts'
import { type Description, readDescription } from './description.ts'
import {
  type ChunkType,
  DEVICES,
  END,
  FULL,
  HERE,
  MACHINE,
  MAP,
  MAX_DATA_PAGES,
  MAX_DESCRIPTION,
  MAX_RECORDS,
  PAGE,
  RAM,
  RAM_HEADER,
  RECORD,
  STOP,
  SYNC,
  ZERO,
} from './layout.ts'
import { PageBits } from './page-bits.ts'
import { pageScratch } from './page-scratch.ts'
import { getU32 } from './words.ts'

/** Gets what a file has of the memory, in the file's order. Blocks are numbered as there. */
export interface PageSink {
  /** Pages that follow one another, at most 64, and their bytes, from byte `at` on. */
  data(block: number, first: number, count: number, bytes: Uint8Array, at: number): void
  zero(block: number, page: number): void
  /** It is as another page is, which has come before. @param check Its checksum. @returns False if it is not so. */
  same(block: number, page: number, from: number, fromPage: number, check: number): boolean
  /** All pages that have not come are zero. */
  full(): void
  /** Of a migration. All that has come so far was handed on. */
  sync(number: number): Promise<void>
}

/** How many pages of a block are in a file, and how. */
export interface PageCounts {
  data: number
  zero: number
  same: number
}

/** One file, read from its beginning to its end, in the order of its sections. */
export class SnapshotFile {
  readonly reader: ChunkReader
  identity!: FileIdentity
  description!: Description
  /** Bytes of the map's state, and of the devices'. */
  map!: Uint8Array
  devices!: Uint8Array
  readonly counts: PageCounts[] = []
  #chunk!: Chunk
  /** The pages that have come. */
  #seen: PageBits[] = []
  #syncs = 0
  readonly #checksPages: boolean

  /** @param checksPages False where the very same bytes were checked before. */
  constructor(reader: ChunkReader, checksPages = true) {
    this.reader = reader
    this.#checksPages = checksPages
  }

  /** The header, and which machine it is of. @throws SnapshotError */
  async open(): Promise<void> {
    this.identity = await this.reader.header()
    this.#chunk = await this.reader.next()
    const bytes = await this.#collect(MACHINE, true)
    this.description = this.decode(bytes, from => readDescription(from))
    for (const { size } of this.description.blocks) {
      this.counts.push({ data: 0, zero: 0, same: 0 })
      this.#seen.push(new PageBits(Math.ceil(size / PAGE)))
    }
  }

  /** All else, up to the end. @throws SnapshotError */
  async readTo(sink: PageSink): Promise<void> {
    let full = false
    for (;;) {
      const { type } = this.#chunk
      if (type === RAM) this.#readPages(this.#chunk, sink)
      else if (type === FULL) {
        if (full || this.identity.generation > 0) this.reader.refuse('no such chunk has a place here')
        full = true
        sink.full()
      } else if (type === SYNC && this.identity.live) await sink.sync(this.#syncs++)
      else break
      this.#chunk = await this.reader.next()
    }
    if (this.#chunk.type === STOP) this.#refuseType(MAP)
    if (!full && this.identity.generation === 0) this.reader.refuse('a chunk FULL must be ahead of it')
    this.map = await this.#collect(MAP)
    this.devices = await this.#collect(DEVICES)
    if (this.#chunk.type !== END) this.#refuseType(END)
  }

  /** Reads what was collected. @throws SnapshotError */
  decode<T>(bytes: Uint8Array, read: (from: Decoder) => T): T {
    try {
      return read(new Decoder(bytes))
    } catch (error) {
      if (error instanceof Malformed) this.reader.refuse(error.message)
      throw error
    }
  }

  /** One chunk, or several of one type in a row: all that they have. */
  async #collect(type: ChunkType, first = false): Promise<Uint8Array> {
    if (this.#chunk.type !== type) this.#refuseType(type)
    const parts: Uint8Array[] = []
    let length = 0
    while (this.#chunk.type === type) {
      length += this.#chunk.payload.length
      if (length > MAX_DESCRIPTION)
        this.reader.refuse(`${first ? 'the machine' : 'the state'} takes more than ${MAX_DESCRIPTION} bytes`)
      parts.push(this.#chunk.payload.slice())
      this.#chunk = await this.reader.next()
    }
    const bytes = new Uint8Array(length)
    let at = 0
    for (const part of parts) {
      bytes.set(part, at)
      at += part.length
    }
    return bytes
  }

  #refuseType(type: ChunkType): never {
    if (this.#chunk.type === STOP)
      this.reader.refuse(`the source has given it up: ${new TextDecoder().decode(this.#chunk.payload)}`)
    this.reader.refuse(`a chunk ${type.trim()} must be here`)
  }

  #readPages({ payload }: Chunk, sink: PageSink): void {
    // Its type is written down, so that what follows a refusal is known to be never reached.
    const reader: ChunkReader = this.reader
    const block = getU32(payload, 0)
    const count = getU32(payload, 4)
    const data = getU32(payload, 8)
    const seen = this.#seen[block]
    const counts = this.counts[block]
    if (seen === undefined || counts === undefined) reader.refuse(`there is no RAM block ${block}`)
    if (count > MAX_RECORDS || data > MAX_DATA_PAGES) reader.refuse('it has more pages than a chunk may have')
    const table = RAM_HEADER + data * PAGE
    const name = () => `of RAM block ${show(this.description.blocks[block]?.name)}`
    const sums = this.#checksPages ? pageScratch().checksumsOf(payload, RAM_HEADER, data) : undefined
    let next = 0
    // How many of the latest pages go to the sink together.
    let run = 0
    let end = 0
    const handOver = (): void => {
      if (run > 0) sink.data(block, end - run, run, payload, RAM_HEADER + (next - run) * PAGE)
      run = 0
    }
    for (let i = 0; i < count; i++) {
      const at = table + i * RECORD
      const page = getU32(payload, at)
      const check = getU32(payload, at + 4)
      const from = getU32(payload, at + 8)
      const fromPage = getU32(payload, at + 12)
      const where = () => `page ${page} ${name()}`
      if (page >= seen.pages) reader.refuse(`there is no ${where()}`)
      if (!this.identity.live && seen.has(page)) reader.refuse(`${where()} comes twice`)
      if (from !== HERE || page !== end) handOver()
      if (from === HERE) {
        if (next === data) reader.refuse(`the bytes of ${where()} are missing`)
        if (sums !== undefined && sums[next] !== check) reader.refuse(`the checksum of ${where()} is wrong`)
        next++
        run++
        end = page + 1
        counts.data++
      } else if (from === ZERO) {
        sink.zero(block, page)
        counts.zero++
      } else {
        if (this.identity.live || !this.#seen[from]?.has(fromPage))
          reader.refuse(`${where()} is said to be as one that has not come`)
        if (!sink.same(block, page, from, fromPage, check))
          reader.refuse(`${where()} is said to be as one that is another`)
        counts.same++
      }
      seen.add(page)
    }
    handOver()
    if (next !== data) reader.refuse('it has more bytes than its pages are')
  }
}
