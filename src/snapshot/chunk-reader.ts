import type { ByteReader } from './byte-source.ts'
import { checksum } from './checksum.ts'
import { type Digest, type FileIdentity, NO_DIGEST, nextDigest } from './chunk-writer.ts'
import {
  CHUNK_HEADER,
  CHUNK_TYPES,
  type ChunkType,
  END,
  FILE_HEADER,
  FORMAT_VERSION,
  INCREMENT,
  LIVE,
  MAGIC,
  MAX_PAYLOAD,
  PAGE,
  RAM,
  RAM_HEADER,
  RECORD,
} from './layout.ts'
import { SnapshotError } from './snapshot-error.ts'
import { getF64, getU32 } from './words.ts'

/** A chunk, checked. Its payload may be read until the next one is asked for. */
export interface Chunk {
  readonly type: ChunkType
  readonly payload: Uint8Array
}

/** Reads a file as it comes, checks every byte of it but those of pages, and keeps one chunk at a time. */
export class ChunkReader {
  readonly #source: ByteReader
  readonly #file: number
  #piece: Uint8Array = new Uint8Array(0)
  #used = 0
  /** How many bytes were taken from the source. */
  #at = 0
  /** Where the latest header begins. */
  #start = 0
  #sequence = 0
  #digest: Digest = NO_DIGEST
  #what = 'the header of the file'
  readonly #header = new Uint8Array(FILE_HEADER)
  /** For payloads that come in several pieces, or in memory that other threads can change; made when one does. */
  #payload: Uint8Array | undefined

  /** @param file Of several files the index, for errors. */
  constructor(source: ByteReader, file = 0) {
    this.#source = source
    this.#file = file
  }

  get bytes(): number {
    return this.#at
  }

  get chunks(): number {
    return this.#sequence
  }

  /** Of all that was read. */
  get digest(): Digest {
    return this.#digest
  }

  /** @throws SnapshotError where this is no saved machine, or one of another version. */
  async header(): Promise<FileIdentity> {
    const header = this.#header
    await this.#fill(header, FILE_HEADER)
    if (MAGIC.some((byte, at) => header[at] !== byte))
      this.refuse('it is no saved machine: it begins with other bytes', 0)
    if (checksum(header, 0, 60) !== getU32(header, 60)) this.refuse('the checksum is wrong', 0)
    const version = getU32(header, 8)
    if (version !== FORMAT_VERSION)
      this.refuse(`it has version ${version} of the format, and this is for version ${FORMAT_VERSION}`, 8)
    const flags = getU32(header, 12)
    if (flags > (INCREMENT | LIVE)) this.refuse(`it has flags that are not known, ${flags}`, 12)
    const generation = getU32(header, 32)
    if (generation > 0 !== ((flags & INCREMENT) !== 0)) this.refuse('its generation is not as its flags say', 32)
    const page = getU32(header, 36)
    if (page !== PAGE) this.refuse(`it has pages of ${page} bytes`, 36)
    this.#digest = nextDigest(NO_DIGEST, header, FILE_HEADER)
    return {
      id: header.slice(16, 32),
      generation,
      parent: [getU32(header, 40), getU32(header, 44)],
      live: (flags & LIVE) !== 0,
    }
  }

  /** The next chunk. Behind END, `ended` says that nothing follows. @throws SnapshotError */
  async next(): Promise<Chunk> {
    const header = this.#header
    this.#start = this.#at
    this.#what = `the header of chunk ${this.#sequence}`
    await this.#fill(header, CHUNK_HEADER)
    if (checksum(header, 0, 20) !== getU32(header, 20)) this.refuse('the checksum is wrong', this.#start)
    const type = CHUNK_TYPES.find(each => [...each].every((letter, at) => letter.charCodeAt(0) === header[at]))
    if (type === undefined) this.refuse('it is of no kind that there is', this.#start)
    const length = getU32(header, 4)
    const sequence = getU32(header, 8)
    this.#what = `chunk ${this.#sequence} (${type.trim()})`
    if (sequence !== this.#sequence) this.refuse(`the chunk with number ${sequence} is in its place`, this.#start + 8)
    if (length > MAX_PAYLOAD) this.refuse(`its length is ${length}, of at most ${MAX_PAYLOAD} bytes`, this.#start + 4)
    const check = getU32(header, 12)
    const before = this.#digest
    this.#digest = nextDigest(this.#digest, header, CHUNK_HEADER)
    const payload = await this.#take(length)
    if (type === RAM ? !this.#isRamSound(payload, check) : checksum(payload) !== check)
      this.refuse('the checksum is wrong', this.#start)
    if (type === END) this.#checkEnd(payload, before)
    this.#sequence++
    return { type, payload }
  }

  /** @throws SnapshotError where bytes follow. */
  async ended(): Promise<void> {
    this.#what = 'the end of the file'
    this.#start = this.#at
    if (await this.#more()) this.refuse('bytes follow', this.#at)
    this.#source.close()
  }

  close(): void {
    this.#source.close()
  }

  /** @param offset In the file; in the latest chunk unless given. @throws SnapshotError */
  refuse(why: string, offset: number = this.#start): never {
    const file = this.#file === 0 ? '' : ` of source[${this.#file}]`
    throw new SnapshotError(`at byte ${offset}${file}, ${this.#what}: ${why}`, { offset, file: this.#file })
  }

  /** The table's checksum; each page has one of its own there. */
  #isRamSound(payload: Uint8Array, check: number): boolean {
    if (payload.length < RAM_HEADER) return false
    const table = RAM_HEADER + getU32(payload, 8) * PAGE
    if (table + getU32(payload, 4) * RECORD !== payload.length) return false
    return checksum(payload, table, payload.length - table, checksum(payload, 0, RAM_HEADER)) === check
  }

  #checkEnd(payload: Uint8Array, [low, high]: Digest): void {
    const is = payload.length === 20 && getU32(payload, 0) === this.#sequence && getF64(payload, 4) === this.#start
    if (!is || getU32(payload, 12) !== low || getU32(payload, 16) !== high)
      this.refuse('the checksum of the whole file is wrong')
  }

  /** The next bytes: where they are, if they are all there and this thread's alone; else copied, so that nobody changes them. */
  async #take(length: number): Promise<Uint8Array> {
    const from = this.#used
    if (this.#piece.length - from >= length && this.#piece.buffer instanceof ArrayBuffer) {
      this.#used += length
      this.#at += length
      return this.#piece.subarray(from, from + length)
    }
    this.#payload ??= new Uint8Array(MAX_PAYLOAD)
    await this.#fill(this.#payload, length)
    return this.#payload.subarray(0, length)
  }

  async #fill(to: Uint8Array, length: number): Promise<void> {
    for (let done = 0; done < length; ) {
      if (this.#used === this.#piece.length && !(await this.#more()))
        this.refuse(`the file ends here, ${length - done} bytes too early`, this.#at)
      const take = Math.min(length - done, this.#piece.length - this.#used)
      to.set(this.#piece.subarray(this.#used, this.#used + take), done)
      this.#used += take
      this.#at += take
      done += take
    }
  }

  /** True if there are bytes. What the source itself throws comes out as it is. */
  async #more(): Promise<boolean> {
    while (this.#used === this.#piece.length) {
      const piece = await this.#source.read()
      if (piece === undefined) return false
      this.#piece = piece
      this.#used = 0
    }
    return true
  }
}

/** An id as people read it. */
export function idText(id: Uint8Array): string {
  return Array.from(id, byte => byte.toString(16).padStart(2, '0')).join('')
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at])
}
