import { checksum } from '../../../src/snapshot/checksum.ts'
import { type Digest, NO_DIGEST, nextDigest } from '../../../src/snapshot/chunk-writer.ts'
import { getU32, setF64, setU32 } from '../../../src/snapshot/words.ts'
import { joined } from './streams.ts'

const FILE_HEADER = 64
const CHUNK_HEADER = 24
const RAM_HEADER = 16
const PAGE = 4096

export function typeOf(chunk: Uint8Array): string {
  return String.fromCharCode(...chunk.subarray(0, 4))
}

/** A chunk that is not sealed yet. */
export function chunkOf(type: string, payload: Uint8Array): Uint8Array {
  const chunk = new Uint8Array(CHUNK_HEADER + payload.length)
  for (let i = 0; i < 4; i++) chunk[i] = type.charCodeAt(i)
  chunk.set(payload, CHUNK_HEADER)
  return chunk
}

/** Where the record of the n-th page of a chunk RAM begins in the chunk. */
export function recordAt(chunk: Uint8Array, n: number): number {
  return CHUNK_HEADER + RAM_HEADER + getU32(chunk, CHUNK_HEADER + 8) * PAGE + 16 * n
}

export function sealHeader(header: Uint8Array): void {
  setU32(header, 60, checksum(header, 0, 60))
}

/** Makes the number, the length and the checksums of a chunk right, whatever it says. */
export function seal(chunk: Uint8Array, number: number): void {
  const payload = chunk.subarray(CHUNK_HEADER)
  setU32(chunk, 4, payload.length)
  setU32(chunk, 8, number)
  const table = recordAt(chunk, 0) - CHUNK_HEADER
  const isRam = typeOf(chunk) === 'RAM ' && table <= payload.length
  const seed = isRam ? checksum(payload, 0, RAM_HEADER) : 0
  setU32(chunk, 12, isRam ? checksum(payload, table, payload.length - table, seed) : checksum(payload))
  setU32(chunk, 20, checksum(chunk, 0, 20))
}

/** A file whose every checksum is right, made of chunks that may say anything. */
export function reseal(header: Uint8Array, chunks: readonly Uint8Array[]): Uint8Array {
  sealHeader(header)
  let digest: Digest = nextDigest(NO_DIGEST, header, FILE_HEADER)
  let bytes = FILE_HEADER
  for (const [number, chunk] of chunks.entries()) {
    if (typeOf(chunk) === 'END ') {
      setU32(chunk, CHUNK_HEADER, number)
      setF64(chunk, CHUNK_HEADER + 4, bytes)
      setU32(chunk, CHUNK_HEADER + 12, digest[0])
      setU32(chunk, CHUNK_HEADER + 16, digest[1])
    }
    seal(chunk, number)
    digest = nextDigest(digest, chunk, CHUNK_HEADER)
    bytes += chunk.length
  }
  return joined([header, ...chunks])
}
