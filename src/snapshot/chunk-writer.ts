import { checksum } from './checksum.ts'
import {
  CHUNK_HEADER,
  type ChunkType,
  DIGEST_SEED,
  END,
  FILE_HEADER,
  FORMAT_VERSION,
  INCREMENT,
  LIVE,
  MAGIC,
  MAX_PAYLOAD,
  PAGE,
} from './layout.ts'
import { setF64, setU32 } from './words.ts'

/** Two checksums of all headers so far: whoever knows it knows the file. */
export type Digest = readonly [low: number, high: number]

export const NO_DIGEST: Digest = [0, 0]

/** Which file it is: an id that all files of one base have, and its number among them. */
export interface FileIdentity {
  /** 16 bytes. */
  readonly id: Uint8Array
  /** 0 of a base. */
  readonly generation: number
  /** Of the file that it follows. */
  readonly parent: Digest
  readonly live: boolean
}

/** 16 random bytes. */
export function newId(): Uint8Array {
  return Uint8Array.from({ length: 16 }, () => Math.floor(Math.random() * 256))
}

/** Makes the bytes of a file, piece by piece. */
export class ChunkWriter {
  #sequence = 0
  #digest: Digest = NO_DIGEST
  #bytes = 0

  /** How many bytes were made so far. */
  get bytes(): number {
    return this.#bytes
  }

  get digest(): Digest {
    return this.#digest
  }

  header({ id, generation, parent, live }: FileIdentity): Uint8Array {
    const bytes = new Uint8Array(FILE_HEADER)
    bytes.set(MAGIC)
    setU32(bytes, 8, FORMAT_VERSION)
    setU32(bytes, 12, (generation > 0 ? INCREMENT : 0) | (live ? LIVE : 0))
    bytes.set(id, 16)
    setU32(bytes, 32, generation)
    setU32(bytes, 36, PAGE)
    setU32(bytes, 40, parent[0])
    setU32(bytes, 44, parent[1])
    setU32(bytes, 60, checksum(bytes, 0, 60))
    this.#note(bytes, FILE_HEADER)
    this.#bytes += FILE_HEADER
    return bytes
  }

  /** A chunk of its own array. */
  chunk(type: ChunkType, payload: Uint8Array): Uint8Array {
    const bytes = new Uint8Array(CHUNK_HEADER + payload.length)
    bytes.set(payload, CHUNK_HEADER)
    return this.seal(type, bytes, checksum(payload))
  }

  /** What may be longer than a chunk: several of one type, one behind the other. */
  *chunks(type: ChunkType, payload: Uint8Array): Generator<Uint8Array, void, undefined> {
    let at = 0
    do {
      yield this.chunk(type, payload.subarray(at, at + MAX_PAYLOAD))
      at += MAX_PAYLOAD
    } while (at < payload.length)
  }

  /** Puts the header ahead of a payload that stands in its place already. @param check The payload's checksum. */
  seal(type: ChunkType, bytes: Uint8Array, check: number): Uint8Array {
    for (let i = 0; i < 4; i++) bytes[i] = type.charCodeAt(i)
    setU32(bytes, 4, bytes.length - CHUNK_HEADER)
    setU32(bytes, 8, this.#sequence++)
    setU32(bytes, 12, check)
    setU32(bytes, 16, 0)
    setU32(bytes, 20, checksum(bytes, 0, 20))
    this.#note(bytes, CHUNK_HEADER)
    this.#bytes += bytes.length
    return bytes
  }

  /** The last chunk of a file: how much there is ahead of it, and the digest of that. */
  end(): Uint8Array {
    const payload = new Uint8Array(20)
    setU32(payload, 0, this.#sequence)
    setF64(payload, 4, this.#bytes)
    setU32(payload, 12, this.#digest[0])
    setU32(payload, 16, this.#digest[1])
    return this.chunk(END, payload)
  }

  #note(bytes: Uint8Array, length: number): void {
    this.#digest = nextDigest(this.#digest, bytes, length)
  }
}

/** The digest with one header more. */
export function nextDigest([low, high]: Digest, header: Uint8Array, length: number): Digest {
  return [checksum(header, 0, length, low), checksum(header, 0, length, high ^ DIGEST_SEED)]
}
