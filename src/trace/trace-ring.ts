import { checkFunction, checkInteger, checkObject, checkOneOf, checkOptions, show } from '../check.ts'
import { decodeEvent } from './decode-event.ts'
import { Names } from './names.ts'
import {
  BIG,
  CAPACITY_WORD,
  DMA,
  DROPPED_WORD,
  EVENT_BYTES,
  EVENT_DOUBLES,
  EVENT_WORDS,
  HAS_VALUE,
  HEAD_WORD,
  HEADER_BYTES,
  HEADER_WORDS,
  HOW,
  MAGIC,
  MAGIC_WORD,
  MAX_SPACES,
  MEMORY,
  NAMES_ROOM_WORD,
  NO_REGION,
  OVERWRITES_WORD,
  REGION,
  RELAXED,
  SECURE,
  SIZE,
  TAIL_WORD,
  USER,
  VALUE_HIGH,
  VALUE_LOW,
  VERSION,
  VERSION_WORD,
  WHO,
} from './ring-layout.ts'
import type { TracedAccess, TraceEvent, TraceSink } from './trace-event.ts'

/** How much a ring has room for, and what becomes of what does not fit. */
export interface TraceRingOptions {
  /** How many events it has room for; made a power of two, 64 to 2^24. 65536 unless said. */
  readonly events?: number | undefined
  /** Where there is no more room: `drop` (unless said) drops what is new, `overwrite` the oldest eighth of the ring. */
  readonly whenFull?: 'drop' | 'overwrite' | undefined
  /** Bytes for the names of spaces and regions; 65536 unless said. */
  readonly nameBytes?: number | undefined
  /** What an event's time is. None unless said: to ask a clock takes longer than all the rest. */
  readonly clock?: (() => number) | undefined
}

/** How long a ring is followed, and how it is waited for. */
export interface FollowOptions {
  /** An AbortSignal: ends it, once all that is there by then was given. */
  readonly signal?: { readonly aborted: boolean } | undefined
  /** How long to wait where nothing is there, ms; 10 unless said. */
  readonly interval?: number | undefined
}

const OPTIONS = ['events', 'whenFull', 'nameBytes', 'clock'] as const
/** So many events at most are copied before they are taken out. */
const CHUNK = 512

/**
 * A ring of accesses in shared memory: one thread records, one thread or page drains. Nothing waits for anything: where
 * there is no room, events are dropped and counted. To record takes no allocation.
 *
 * The thread that records makes it with `allocate`; the other opens `buffer`, which it is sent. Where there is no
 * SharedArrayBuffer, the buffer is an ArrayBuffer, and one thread does both.
 */
export class TraceRing implements TraceSink {
  readonly buffer: ArrayBufferLike
  /** Events. */
  readonly capacity: number
  readonly whenFull: 'drop' | 'overwrite'
  readonly #words: Int32Array
  readonly #doubles: Float64Array
  /** @internal */
  readonly names: Names
  readonly #clock: (() => number) | undefined
  readonly #records: boolean
  // Of the thread that records.
  #head = 0
  /** Where the other end was when this one looked last: it may have gone on. */
  #tail = 0
  #sequence = 0
  #dropped = 0
  readonly #spaceIds = new WeakMap<object, number>()
  readonly #regionIds = new WeakMap<object, number>()
  #spaces = 0
  #regions = 0
  #lastSpace: object | undefined = undefined
  #lastSpaceId = 0
  #lastRegion: object | undefined = undefined
  #lastRegionId = NO_REGION

  private constructor(buffer: ArrayBufferLike, records: boolean, clock?: () => number) {
    const words = new Int32Array(buffer)
    this.buffer = buffer
    this.capacity = words[CAPACITY_WORD] as number
    this.whenFull = words[OVERWRITES_WORD] === 1 ? 'overwrite' : 'drop'
    this.#words = words
    const events = HEADER_BYTES + EVENT_BYTES * this.capacity
    this.#doubles = new Float64Array(buffer, 0, events / 8)
    this.names = new Names(words, new Uint8Array(buffer, events))
    this.#clock = clock
    this.#records = records
    // The other end's has never room, so that `record` finds that out where it looks for some.
    if (!records) this.#tail = -this.capacity
  }

  /** @throws TypeError or RangeError naming the option. */
  static allocate(options: TraceRingOptions = {}): TraceRing {
    const {
      events = 65536,
      whenFull = 'drop',
      nameBytes = 65536,
      clock,
    } = checkOptions<TraceRingOptions>(options, OPTIONS)
    checkInteger(events, 'options.events', 1, 2 ** 24)
    checkOneOf(whenFull, ['drop', 'overwrite'] as const, 'options.whenFull')
    checkInteger(nameBytes, 'options.nameBytes', 0, 2 ** 28)
    if (clock !== undefined) checkFunction(clock, 'options.clock')
    const capacity = 2 ** Math.max(6, Math.ceil(Math.log2(events)))
    const room = nameBytes + ((8 - (nameBytes % 8)) % 8)
    const bytes = HEADER_BYTES + EVENT_BYTES * capacity + room
    const buffer = typeof SharedArrayBuffer === 'undefined' ? new ArrayBuffer(bytes) : new SharedArrayBuffer(bytes)
    const words = new Int32Array(buffer)
    words[CAPACITY_WORD] = capacity
    words[OVERWRITES_WORD] = whenFull === 'overwrite' ? 1 : 0
    words[NAMES_ROOM_WORD] = room
    words[VERSION_WORD] = VERSION
    Atomics.store(words, MAGIC_WORD, MAGIC)
    return new TraceRing(buffer, true, clock)
  }

  /**
   * The other end of a ring, in any thread; also what was kept of one in a file. It drains, and does not record.
   *
   * @throws TypeError where the bytes are no ring, or one of another version or byte order.
   */
  static open(buffer: ArrayBufferLike): TraceRing {
    const size = lengthOf(buffer)
    const words =
      size >= HEADER_BYTES ? new Int32Array(buffer as ArrayBuffer, 0, HEADER_WORDS) : new Int32Array(HEADER_WORDS)
    const capacity = words[CAPACITY_WORD] as number
    const room = words[NAMES_ROOM_WORD] as number
    const isRing = words[MAGIC_WORD] === MAGIC && words[VERSION_WORD] === VERSION
    const isWhole = capacity >= 64 && Number.isInteger(Math.log2(capacity)) && room >= 0
    if (!isRing || !isWhole || size !== HEADER_BYTES + EVENT_BYTES * capacity + room)
      throw new TypeError(`buffer must be a trace ring's of version ${VERSION} and this byte order, got other bytes`)
    return new TraceRing(buffer, false)
  }

  /** Events that can be drained now. */
  get length(): number {
    const tail = Atomics.load(this.#words, TAIL_WORD)
    return (Atomics.load(this.#words, HEAD_WORD) - tail) >>> 0
  }

  /** How many events were dropped so far, for want of room. */
  get dropped(): number {
    const low = Atomics.load(this.#words, DROPPED_WORD) >>> 0
    return (Atomics.load(this.#words, DROPPED_WORD + 1) >>> 0) * 2 ** 32 + low
  }

  /** Of the thread that allocated the ring, and by what it got there. @throws TypeError on one that `open` gave. */
  record(access: TracedAccess): void {
    const sequence = this.#sequence++
    const head = this.#head
    if (((head - this.#tail) | 0) >= this.capacity && !this.#makeRoom(head)) return
    const { size, value, attrs, space, region } = access
    const slot = head & (this.capacity - 1)
    const doubles = this.#doubles
    const at = HEADER_BYTES / 8 + slot * EVENT_DOUBLES
    doubles[at] = sequence
    doubles[at + 1] = this.#clock === undefined ? 0 : this.#clock()
    doubles[at + 2] = access.address
    doubles[at + 3] = access.offset
    const words = this.#words
    const word = HEADER_WORDS + slot * EVENT_WORDS
    let flags = value === undefined ? 0 : HAS_VALUE
    if (typeof value === 'bigint') {
      words[word + VALUE_LOW] = Number(value & 0xffff_ffffn)
      words[word + VALUE_HIGH] = Number((value >> 32n) & 0xffff_ffffn)
    } else {
      words[word + VALUE_LOW] = value === undefined ? 0 : value
      words[word + VALUE_HIGH] = 0
    }
    words[word + SIZE] = Math.min(size, 0xffff_ffff)
    const { kind } = access
    const code = (kind === 'read' ? 0 : kind === 'write' ? 1 : 2) + (access.dma ? DMA : 0)
    words[word + HOW] = attrs.requesterId | (code << 16) | (access.result << 24)
    if (attrs.secure) flags |= SECURE
    if (attrs.user) flags |= USER
    if (!attrs.strict) flags |= RELAXED
    if (attrs.memory) flags |= MEMORY
    if (access.big) flags |= BIG
    if (space !== this.#lastSpace) this.#nameSpace(space)
    words[word + WHO] = this.#lastSpaceId | (flags << 16)
    if (region !== this.#lastRegion) this.#nameRegion(region)
    words[word + REGION] = this.#lastRegionId
    this.#head = (head + 1) | 0
    // What was stored above is seen by who sees this.
    Atomics.store(words, HEAD_WORD, (head + 1) | 0)
  }

  /** @returns False where the event has to be dropped. */
  #makeRoom(head: number): boolean {
    if (!this.#records) throw new TypeError('a ring that was opened drains: record into the one that was allocated')
    const words = this.#words
    this.#tail = Atomics.load(words, TAIL_WORD)
    if (((head - this.#tail) | 0) < this.capacity) return true
    if (this.whenFull === 'drop') {
      this.#drop(1)
      return false
    }
    const oldest = this.capacity / 8
    const found = Atomics.compareExchange(words, TAIL_WORD, this.#tail, (this.#tail + oldest) | 0)
    // Where another tail was found, somebody has just taken events out, so that there is room.
    if (found === this.#tail) {
      this.#drop(oldest)
      this.#tail = (this.#tail + oldest) | 0
    } else this.#tail = found
    return true
  }

  #drop(count: number): void {
    this.#dropped += count
    Atomics.store(this.#words, DROPPED_WORD + 1, Math.floor(this.#dropped / 2 ** 32))
    Atomics.store(this.#words, DROPPED_WORD, this.#dropped | 0)
  }

  #nameSpace(space: TracedAccess['space']): void {
    let id = this.#spaceIds.get(space)
    if (id === undefined) {
      id = Math.min(this.#spaces++, MAX_SPACES)
      this.#spaceIds.set(space, id)
      if (id < MAX_SPACES) this.names.add('s', id, { name: space.name, kind: undefined })
    }
    this.#lastSpace = space
    this.#lastSpaceId = id
  }

  #nameRegion(region: TracedAccess['region']): void {
    let id = region === undefined ? NO_REGION : this.#regionIds.get(region)
    if (id === undefined) {
      id = this.#regions++
      this.#regionIds.set(region as object, id)
      this.names.add('r', id, region as { name: string; kind: never })
    }
    this.#lastRegion = region
    this.#lastRegionId = id
  }

  /**
   * Takes events out, in the order in which they were recorded.
   *
   * @param most So many at most; all that are there unless said.
   */
  drain(most: number = Number.MAX_SAFE_INTEGER): TraceEvent[] {
    checkInteger(most, 'most', 0, Number.MAX_SAFE_INTEGER)
    const events: TraceEvent[] = []
    while (events.length < most) {
      const taken = this.take(Math.min(CHUNK, most - events.length))
      if (taken === undefined) break
      const words = new Uint32Array(taken.buffer)
      for (let i = 0; i < taken.length / EVENT_DOUBLES; i++) events.push(decodeEvent(taken, words, i, this.names))
    }
    return events
  }

  /** Takes events out until none is left. */
  *[Symbol.iterator](): Iterator<TraceEvent> {
    for (let events = this.drain(CHUNK); events.length > 0; events = this.drain(CHUNK)) yield* events
  }

  /** Takes events out as they come. Where there are none, it looks again after some milliseconds: who records never waits. */
  follow(options: FollowOptions = {}): AsyncGenerator<TraceEvent> {
    const { signal, interval = 10 } = checkOptions<FollowOptions>(options, ['signal', 'interval'])
    checkInteger(interval, 'options.interval', 0, 2 ** 31 - 1)
    if (signal !== undefined && typeof checkObject(signal, 'options.signal').aborted !== 'boolean')
      throw new TypeError(`options.signal must be an AbortSignal, got ${show(signal)}`)
    return this.#follow(signal, interval)
  }

  async *#follow(signal: FollowOptions['signal'], interval: number): AsyncGenerator<TraceEvent> {
    while (true) {
      const ended = signal?.aborted === true
      yield* this
      if (ended) return
      await new Promise(resolve => setTimeout(resolve, interval))
    }
  }

  /** A copy of all that is there now, such as a file keeps and `open` reads. Of the thread that records, or while none does. */
  bytes(): Uint8Array {
    return new Uint8Array(this.buffer).slice()
  }

  /**
   * Takes the oldest events out until no more than `most` are left, and copies none. @returns How many it took out.
   *
   * @internal
   */
  skipTo(most: number): number {
    const words = this.#words
    while (true) {
      const tail = Atomics.load(words, TAIL_WORD)
      const count = ((Atomics.load(words, HEAD_WORD) - tail) >>> 0) - most
      if (count <= 0) return 0
      if (Atomics.compareExchange(words, TAIL_WORD, tail, (tail + count) | 0) === tail) return count
    }
  }

  #events(slot: number, count: number): Float64Array {
    const start = HEADER_BYTES / 8 + slot * EVENT_DOUBLES
    return this.#doubles.subarray(start, start + count * EVENT_DOUBLES)
  }

  /**
   * Copies up to `most` events and takes them out. The one who records can't overwrite what is copied meanwhile unnoticed.
   *
   * @internal
   */
  take(most: number): Float64Array | undefined {
    const words = this.#words
    while (true) {
      const tail = Atomics.load(words, TAIL_WORD)
      const count = Math.min(most, (Atomics.load(words, HEAD_WORD) - tail) >>> 0)
      if (count === 0) return undefined
      const first = tail & (this.capacity - 1)
      const straight = Math.min(count, this.capacity - first)
      const taken = new Float64Array(count * EVENT_DOUBLES)
      taken.set(this.#events(first, straight))
      taken.set(this.#events(0, count - straight), straight * EVENT_DOUBLES)
      if (Atomics.compareExchange(words, TAIL_WORD, tail, (tail + count) | 0) === tail) return taken
    }
  }
}

function lengthOf(buffer: unknown): number {
  const isBuffer =
    buffer instanceof ArrayBuffer || (typeof SharedArrayBuffer !== 'undefined' && buffer instanceof SharedArrayBuffer)
  if (!isBuffer) throw new TypeError(`buffer must be an ArrayBuffer or a SharedArrayBuffer, got ${show(buffer)}`)
  return buffer.byteLength
}
