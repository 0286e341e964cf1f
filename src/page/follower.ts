import type { NameLine } from '../trace/names.ts'
import { type Batch, readBatch } from '../trace/stream-batch.ts'
import { encodeMessage, readStreamMessage, type StreamMessage } from '../trace/stream-message.ts'
import type { TraceEvent } from '../trace/trace.ts'

type RegionKind = NonNullable<TraceEvent['regionKind']>

/** How often a region was accessed since the stream began. */
export interface RegionCounts {
  /** Empty where nothing is mapped. */
  readonly region: string
  readonly kind: RegionKind | undefined
  reads: number
  writes: number
  fetches: number
}

/** What a follower says, and whom it tells of what it has heard. */
export interface FollowerEars {
  /** To the stream. */
  reply(text: string): void
  /** The state is another one. */
  changed(): void
  map(text: string): void
  events(events: readonly TraceEvent[]): void
  /** Too much was no trace: it listens no more. */
  giveUp(): void
}

/** Messages that may be no trace's: other programs may use the same channel. */
const MOST_REFUSED = 1000
/** Names, and regions that are counted one by one: what is sent may be made up. */
const MOST_NAMED = 2 ** 17
const MOST_COUNTED = 10_000
const LATEST = 20
/** Joins are no more frequent, ms, whoever asks for them. */
const JOIN_INTERVAL = 500

/**
 * Follows a stream of a trace: takes what it says, message by message, and trusts none of it. Nothing that it is given makes it
 * throw, and what it keeps has a limit.
 */
export class Follower {
  state: 'waiting' | 'following' | 'ended' = 'waiting'
  /** Events that were received, and of them those that came while it was paused, which are not counted by region. */
  events = 0
  passed = 0
  /** What the stream says that it has not sent. */
  dropped = 0
  /** Messages that are no stream's, and why the last was none. */
  refused = 0
  reason = ''
  paused = false
  /** The last accesses, the newest first. */
  latest: readonly TraceEvent[] = []
  #stream: number | undefined
  #droppedBefore = 0
  #isNew = true
  #isAsked = false
  #joinedAt = Number.NEGATIVE_INFINITY
  readonly #ears: FollowerEars
  readonly #now: () => number
  readonly #spaces = new Map<number, { name: string; kind: undefined }>()
  readonly #regions = new Map<number, { name: string; kind: RegionKind | undefined }>()
  readonly #counts = new Map<number | undefined, RegionCounts>()

  constructor(ears: FollowerEars, now: () => number = () => performance.now()) {
    this.#ears = ears
    this.#now = now
  }

  /** The stream that speaks next is followed. Where it is the same as before, it goes on with what was counted. */
  begin(): void {
    this.#isNew = true
  }

  /** Asks whoever streams on a channel to begin. Of a connection, a stream begins by itself. */
  join(): void {
    this.begin()
    this.#isAsked = false
    this.#joinedAt = this.#now()
    this.#ears.reply(encodeMessage({ type: 'join' }))
  }

  /** Regions by the number of accesses, the most first. */
  busiest(most: number): RegionCounts[] {
    const total = ({ reads, writes, fetches }: RegionCounts) => reads + writes + fetches
    return [...this.#counts.values()].sort((a, b) => total(b) - total(a)).slice(0, most)
  }

  /** Takes a message, whatever it is. */
  receive(data: unknown): void {
    const isText = typeof data === 'string'
    const isBytes = !isText && data instanceof ArrayBuffer
    const message = isText ? readStreamMessage(data) : isBytes ? readBatch(data) : 'it is no text and no batch'
    if (typeof message === 'string') this.refuse(message)
    else if (message.type === 'ready') {
      // A stream has begun: it may be the one that was followed, once more.
      this.#isAsked = true
      this.tick()
    } else if (message.type === 'hello') this.#hello(message.stream)
    // Of several streams on a channel it follows the one that has answered first.
    else if (message.stream !== this.#stream) return
    else if (message.type !== 'batch') this.#take(message)
    else {
      this.#events(message)
      this.#ears.reply(encodeMessage({ type: 'ack', stream: message.stream, batch: message.batch }))
    }
  }

  /** Notes that something was not taken, and why. */
  refuse(reason: string): void {
    this.refused++
    this.reason = reason
    this.#ears.changed()
    if (this.refused === MOST_REFUSED) this.#ears.giveUp()
  }

  /** Does what could not be done at once. To be called some times a second. */
  tick(): void {
    if (this.#isAsked && this.#now() - this.#joinedAt >= JOIN_INTERVAL) this.join()
  }

  #hello(stream: number): void {
    if (!this.#isNew && stream !== this.#stream) return
    this.#isNew = false
    this.#spaces.clear()
    this.#regions.clear()
    this.#droppedBefore = this.dropped
    this.state = 'following'
    if (stream !== this.#stream) {
      this.#stream = stream
      this.events = 0
      this.passed = 0
      this.dropped = 0
      this.#droppedBefore = 0
      this.latest = []
      this.#counts.clear()
    }
    this.#ears.changed()
  }

  #take(message: StreamMessage): void {
    if (message.type === 'map') this.#ears.map(message.text)
    else if (message.type === 'dropped') this.dropped = this.#droppedBefore + message.count
    else if (message.type === 'end') {
      this.state = 'ended'
      this.#ears.changed()
    } else if (message.type === 'names') this.#name(message.names)
  }

  #name(names: readonly NameLine[]): void {
    for (const [sort, id, name, kind] of names) {
      if (this.#spaces.size + this.#regions.size >= MOST_NAMED) {
        this.refuse('there are too many names')
        return
      }
      if (sort === 's') this.#spaces.set(id, { name, kind: undefined })
      else this.#regions.set(id, { name, kind })
    }
  }

  readonly #names = {
    space: (id: number) => this.#spaces.get(id),
    region: (id: number) => this.#regions.get(id),
  }

  #events({ count, events: decode }: Batch): void {
    if (count === 0) return
    this.events += count
    if (this.paused) {
      this.passed += count
      return
    }
    const events = decode(this.#names)
    for (const event of events) this.#count(event)
    this.latest = [...events.slice(-LATEST).reverse(), ...this.latest].slice(0, LATEST)
    this.#ears.events(events)
  }

  #count({ kind, regionId, region, regionKind }: TraceEvent): void {
    let counts = this.#counts.get(regionId)
    if (counts === undefined) {
      const isOne = this.#counts.size < MOST_COUNTED
      // Those that are too many are counted together.
      const key = isOne ? regionId : -1
      counts = this.#counts.get(key) ?? {
        region: isOne ? region : 'others',
        kind: isOne ? regionKind : undefined,
        reads: 0,
        writes: 0,
        fetches: 0,
      }
      this.#counts.set(key, counts)
    }
    if (kind === 'read') counts.reads++
    else if (kind === 'write') counts.writes++
    else counts.fetches++
  }
}
