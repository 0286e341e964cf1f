import { type AddressSpace, registerMemoryListener } from 'guestmem'
import { checkInteger, checkOptions, show } from '../check.ts'
import { checkSpaces, mapToJson } from './map-json.ts'
import { EVENT_DOUBLES } from './ring-layout.ts'
import { encodeBatch } from './stream-batch.ts'
import { encodeMessage, MOST_EVENTS, MOST_NAMES, type StreamMessage } from './stream-message.ts'
import { StreamTarget, type TraceTarget } from './stream-target.ts'
import { TraceRing } from './trace-ring.ts'

/** What `streamTrace` may be told. */
export interface StreamTraceOptions {
  /** How often it sends, ms, 1 to 60000; 50 unless said. */
  readonly interval?: number | undefined
  /** How many events at most it sends each time, the newest, 1 to 65536; 8192 unless said. The others are counted as dropped. */
  readonly events?: number | undefined
}

/** A trace that is being sent. */
export interface TraceStream {
  /** Events that were sent to somebody so far. */
  readonly sent: number
  /** Events that were sent to nobody: what the ring dropped, and what was more than is sent at a time. */
  readonly dropped: number
  /** How many targets it has. Those that are closed, or throw, are left out in time. */
  readonly targets: number
  /** Sends to this target, too: each gets all events from now on. @throws TypeError where it is none, or is there already. */
  attach(target: TraceTarget): void
  /** Sends to it no more, and leaves it open. */
  detach(target: TraceTarget): void
  /** Another map: spaces, or a text where this thread has none. @throws TypeError where it is neither. */
  setMap(map: AddressSpace | readonly AddressSpace[] | string): void
  /** Sends what is there, says that this is the end, and forgets the targets, which it leaves open. */
  stop(): void
}

/** What a map may be, as an error says it. */
const MAP = 'a text, an AddressSpace or an array of them'
/** A map is sent again no sooner, ms. */
const MAP_INTERVAL = 250

/**
 * Sends a trace to who watches the machine run, such as the page of `guestmem page`: the map of its spaces, also when it changes, and
 * the accesses in batches, in messages that docs/TRACE.md has.
 *
 * It drains the ring, at an interval, whenever its thread gets to its timers: of the machine's own thread, or of another that has
 * opened the ring's buffer. While no target has a listener with room, events stay in the ring, and are dropped and counted there.
 * Nothing waits for a listener, and no more than 4 MiB, or 8 batches, lie before one that is slow. The timer keeps no process alive.
 *
 * @param ring Who else drains it takes events out that are not sent then.
 * @param map The machine's spaces; or, in a thread that has none, a text of `mapToJson` or of `formatMtree`; an empty one for none.
 * @param target One more may be attached later, or the first, such as each connection of a server.
 * @throws TypeError or RangeError naming the argument.
 */
export function streamTrace(
  ring: TraceRing,
  map: AddressSpace | readonly AddressSpace[] | string,
  target?: TraceTarget,
  options?: StreamTraceOptions,
): TraceStream {
  if (!(ring instanceof TraceRing)) throw new TypeError(`ring must be a TraceRing, got ${show(ring)}`)
  if (typeof map !== 'string') checkSpaces(map, 'map', MAP)
  const { interval = 50, events = 8192 } = checkOptions<StreamTraceOptions>(options ?? {}, ['interval', 'events'])
  checkInteger(interval, 'options.interval', 1, 60_000)
  checkInteger(events, 'options.events', 1, MOST_EVENTS)
  const stream = new Stream(ring, interval, events)
  if (target !== undefined) stream.attach(target)
  stream.setMap(map)
  stream.start()
  return stream
}

class Stream implements TraceStream {
  readonly #ring: TraceRing
  readonly #interval: number
  readonly #events: number
  /** Tells this stream from another on the same channel. */
  readonly #id = Math.floor(Math.random() * 2 ** 32)
  readonly #targets = new Map<TraceTarget, StreamTarget>()
  #timer: ReturnType<typeof setInterval> | undefined
  #stopped = false
  #sent = 0
  #skipped = 0
  #batches = 0
  #spaces: readonly AddressSpace[] | undefined
  #unregister: (() => void)[] = []
  #map = ''
  /** Which map it is that was described last, and whether there is a newer one. */
  #mapNumber = 0
  #isMapOld = true
  /** Intervals since the map was described. */
  #mapAge = Number.POSITIVE_INFINITY

  constructor(ring: TraceRing, interval: number, events: number) {
    this.#ring = ring
    this.#interval = interval
    this.#events = events
  }

  get sent(): number {
    return this.#sent
  }

  get dropped(): number {
    return this.#ring.dropped + this.#skipped
  }

  get targets(): number {
    return this.#targets.size
  }

  start(): void {
    this.#timer = setInterval(() => this.#tick(), this.#interval)
    // Where a timer is a number, nothing waits for it.
    const timer: { unref?: () => void } | number = this.#timer
    if (typeof timer === 'object') timer.unref?.()
  }

  attach(target: TraceTarget): void {
    if (this.#stopped) throw new TypeError('the stream was stopped: begin another one, by streamTrace')
    if (this.#targets.has(target)) throw new TypeError('target must be attached once, got one that is attached already')
    const made = new StreamTarget(target, this.#id)
    this.#targets.set(target, made)
    if (!made.joined) made.say(this.#message({ type: 'ready', stream: this.#id }))
  }

  detach(target: TraceTarget): void {
    this.#targets.get(target)?.release()
    this.#targets.delete(target)
  }

  setMap(map: AddressSpace | readonly AddressSpace[] | string): void {
    const spaces = typeof map === 'string' ? undefined : checkSpaces(map, 'map', MAP)
    this.#forgetSpaces()
    this.#spaces = spaces
    if (typeof map === 'string') this.#map = map
    this.#isMapOld = true
    if (this.#stopped) return
    // The tree is described later: a callback sees it in the middle of a change, and there may be many changes.
    const commit = () => {
      this.#isMapOld = true
    }
    const live = (spaces ?? []).filter(({ destroyed }) => !destroyed)
    this.#unregister = live.map(space => registerMemoryListener(space, { commit }))
  }

  stop(): void {
    if (this.#stopped) return
    this.#tick()
    this.#stopped = true
    clearInterval(this.#timer)
    this.#forgetSpaces()
    for (const [target, made] of this.#targets) {
      if (made.isOpen) made.say(this.#message({ type: 'end', stream: this.#id }))
      this.detach(target)
    }
  }

  #forgetSpaces(): void {
    for (const unregister of this.#unregister) unregister()
    this.#unregister = []
  }

  #tick(): void {
    for (const [target, made] of this.#targets) {
      if (made.isGone) this.detach(target)
    }
    const all = [...this.#targets.values()]
    const open = all.filter(each => each.isOpen)
    for (const each of open) {
      if (!each.wantsHello) continue
      each.greet(this.dropped)
      each.say(this.#message({ type: 'hello', stream: this.#id }))
    }
    const ready = open.filter(each => each.hasRoom)
    if (ready.length > 0) this.#describeMap()
    for (const each of ready) this.#sendMap(each)
    this.#sendEvents(ready)
    for (const each of ready) {
      const count = this.dropped - each.droppedBefore + each.missed
      if (count === each.toldDropped) continue
      each.toldDropped = count
      each.say(this.#message({ type: 'dropped', stream: this.#id, count }))
    }
  }

  #describeMap(): void {
    this.#mapAge++
    if (!this.#isMapOld || this.#mapAge * this.#interval < MAP_INTERVAL) return
    this.#isMapOld = false
    this.#mapAge = 0
    this.#mapNumber++
    if (this.#spaces !== undefined) this.#map = mapToJson(this.#spaces)
  }

  #sendMap(each: StreamTarget): void {
    if (each.map === this.#mapNumber) return
    each.map = this.#mapNumber
    if (this.#map === '') return
    each.say(this.#message({ type: 'map', stream: this.#id, text: this.#map }))
    // Who sees a batch has read the map before it: so that of maps, too, no more lie there than may.
    const number = this.#nextBatch()
    each.sayBatch(encodeBatch(this.#id, number, undefined), number)
  }

  #sendEvents(ready: readonly StreamTarget[]): void {
    // A map may have taken the last room.
    const takers = ready.filter(each => each.hasRoom)
    if (takers.length === 0) return
    this.#skipped += this.#ring.skipTo(this.#events)
    const taken = this.#ring.take(this.#events)
    if (taken === undefined) return
    // The names of what was taken are there by now.
    const names = this.#ring.names.lines()
    const number = this.#nextBatch()
    const batch = encodeBatch(this.#id, number, taken)
    const count = taken.length / EVENT_DOUBLES
    this.#sent += count
    for (const each of this.#targets.values()) {
      if (!takers.includes(each)) {
        each.missed += count
        continue
      }
      for (; each.names < names.length; each.names += MOST_NAMES) {
        const some = names.slice(each.names, each.names + MOST_NAMES)
        each.say(this.#message({ type: 'names', stream: this.#id, names: some }))
      }
      each.names = names.length
      each.sayBatch(batch, number)
    }
  }

  #nextBatch(): number {
    this.#batches = (this.#batches + 1) >>> 0
    return this.#batches
  }

  #message(message: StreamMessage): string {
    return encodeMessage(message)
  }
}
