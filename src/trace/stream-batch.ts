import { decodeEvent } from './decode-event.ts'
import type { Names } from './names.ts'
import { EVENT_BYTES, EVENT_DOUBLES, EVENT_WORDS, HOW, VALUE_LOW } from './ring-layout.ts'
import { MOST_EVENTS, STREAM_VERSION } from './stream-message.ts'
import type { TraceEvent } from './trace-event.ts'

// A batch: a header of 24 bytes, and events as they are in a ring, all in the byte order of the host that sends.

/** The first word: "GMTB". Of the other byte order it is another number, which says so. */
export const BATCH_MAGIC = 0x4254_4d47
const BATCH_MAGIC_SWAPPED = 0x474d_5442
/** Words of 32 bits: the magic, the version, the stream, the batch's number, how many events there are, and 0. */
const HEADER_WORDS = 6
const HEADER_DOUBLES = 3
export const BATCH_HEADER_BYTES = 24

/** Some events, as a stream sends them. */
export interface Batch {
  readonly type: 'batch'
  readonly stream: number
  /** Counts a stream's batches, modulo 2^32. */
  readonly batch: number
  /** How many events there are. */
  readonly count: number
  /** @param names What the numbers of spaces and regions stand for. */
  events(names: Pick<Names, 'space' | 'region'>): TraceEvent[]
}

/** @param taken Of `TraceRing.take`; undefined for a batch without events. */
export function encodeBatch(stream: number, batch: number, taken: Float64Array | undefined): ArrayBuffer {
  const doubles = new Float64Array(HEADER_DOUBLES + (taken?.length ?? 0))
  const words = new Uint32Array(doubles.buffer, 0, HEADER_WORDS)
  words[0] = BATCH_MAGIC
  words[1] = STREAM_VERSION
  words[2] = stream
  words[3] = batch
  words[4] = (taken?.length ?? 0) / EVENT_DOUBLES
  if (taken !== undefined) doubles.set(taken, HEADER_DOUBLES)
  return doubles.buffer
}

/** Reads what may be a batch, and trusts none of it. @returns The batch, or why it is none. */
export function readBatch(buffer: ArrayBuffer): Batch | string {
  const { byteLength } = buffer
  const room = (byteLength - BATCH_HEADER_BYTES) / EVENT_BYTES
  if (!Number.isInteger(room) || room < 0) return `it is binary, of ${byteLength} bytes, and no batch of events`
  if (room > MOST_EVENTS) return `a batch has at most ${MOST_EVENTS} events, and this one ${room}`
  const copy = buffer.slice(0)
  const header = new Uint32Array(copy, 0, HEADER_WORDS)
  const isSwapped = header[0] === BATCH_MAGIC_SWAPPED
  if (isSwapped) swap(new Uint8Array(copy))
  const [magic, version, stream = 0, batch = 0, count = 0] = header
  if (magic !== BATCH_MAGIC) return 'it is binary, and no batch of events'
  if (version !== STREAM_VERSION) return `it is of version ${version}, and this page reads ${STREAM_VERSION}`
  if (count !== room) return `a batch says that it has ${count} events, and has ${room}`
  const doubles = new Float64Array(copy, BATCH_HEADER_BYTES)
  const words = new Uint32Array(copy, BATCH_HEADER_BYTES)
  for (let i = 0; i < count; i++) {
    const bad = problemOf(doubles, words, i)
    if (bad !== undefined) return `event ${i} of a batch ${bad}`
  }
  const events: Batch['events'] = names =>
    Array.from({ length: count }, (_, index) => decodeEvent(doubles, words, index, names))
  return { type: 'batch', stream, batch, count, events }
}

/** What no access can have: a number that is no address, a kind that is none. */
function problemOf(doubles: Float64Array, words: Uint32Array, index: number): string | undefined {
  const at = index * EVENT_DOUBLES
  const [sequence = -1, time = Number.NaN, address = -1, offset = -1] = doubles.subarray(at, at + VALUE_LOW / 2)
  if (!isCount(sequence)) return `has ${sequence} for a sequence number`
  if (!Number.isFinite(time)) return `has ${time} for a time`
  if (!isCount(address)) return `has ${address} for an address`
  if (!isCount(offset)) return `has ${offset} for an offset`
  const kind = ((words[index * EVENT_WORDS + HOW] as number) >>> 16) & 0xff
  if (kind > 7 || (kind & 3) === 3) return `has ${kind} for a kind`
  return undefined
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

/** Puts the bytes of every field in the other order: of the header's words, of an event's doubles and of its words. */
function swap(bytes: Uint8Array): void {
  let at = 0
  const reverse = (width: number, end: number): void => {
    for (; at < end; at += width) bytes.subarray(at, at + width).reverse()
  }
  reverse(4, BATCH_HEADER_BYTES)
  while (at < bytes.length) {
    const start = at
    reverse(8, start + 4 * VALUE_LOW)
    reverse(4, start + EVENT_BYTES)
  }
}
