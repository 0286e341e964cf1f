import type { MemTxAttrs } from 'guestmem'
import type { Requester } from './forwarder.ts'
import {
  ATTENTION,
  GONE,
  type Layout,
  REPLIES,
  REPLY_HIGH,
  REPLY_LOW,
  REPLY_RESULT,
  RING_ENTRIES,
  TAIL,
} from './layout.ts'
import type { MapRow } from './map-row.ts'
import { readMap } from './map-table.ts'
import type { NotifierMatch } from './notifier-match.ts'
import { Presence } from './presence.ts'
import { storeRequest } from './request.ts'
import { RingProducer } from './ring.ts'
import { ringOwner, sleepUntil } from './sleep.ts'
import { Waiter } from './waiter.ts'

/** A sleeping member looks that often whether the owner is still there, milliseconds. */
const LOOK_MS = 1000
/** Posted stores wake nobody at once: so many of them do, or so many safe points after the first. */
const UNRUNG_STORES = RING_ENTRIES / 2
const UNRUNG_POLLS = 8
/**
 * So many safe points look for attention by a plain load, then one by an atomic one, which takes four times as long. An engine
 * may keep what it has loaded plainly over the turns of a loop, though hardly any does: so attention is seen at the 17th point
 * at the latest. What is seen is taken atomically, so that what was stored before it is there.
 */
const PLAIN_LOOKS = 16

/** What a link tells its member. */
export interface LinkUser {
  readonly notifiers: NotifierMatch
  /** Uses these rows from here on. */
  apply(rows: readonly MapRow[]): void
  /** New rows are in use, and the owner knows. */
  changed(): void
}

/** A member's side of the protocol: requests, waits, and following the map. */
export class Link implements Requester {
  low: number
  high: number
  readonly run: Uint8Array
  readonly #words: Int32Array
  readonly #layout: Layout
  readonly #at: number
  readonly #presence: Presence
  readonly #ring: RingProducer
  readonly #waiter: Waiter
  #user: LinkUser | undefined
  #epoch = 0
  #replies = 0
  #unrung = 0
  #polls = 0
  #plainLooks = PLAIN_LOOKS
  /** How many calls of `run` are open: only within one does the member touch guest memory. */
  #running = 0
  // Made once: a wait allocates nothing.
  readonly #isAnswered = (): boolean => Atomics.load(this.#words, this.#at + REPLIES) === this.#replies
  readonly #hasRoom = (): boolean => !this.#ring.isFull
  readonly #isCalled = (): boolean => Atomics.load(this.#words, this.#at + ATTENTION) !== 0

  constructor(words: Int32Array, layout: Layout, id: number, run: Uint8Array, spinMs: number) {
    this.low = 0
    this.high = 0
    this.run = run
    this.#words = words
    this.#layout = layout
    this.#at = layout.member(id)
    this.#presence = new Presence(words, this.#at)
    this.#ring = new RingProducer(words, layout, id)
    this.#waiter = new Waiter(spinMs)
  }

  set user(user: LinkUser) {
    this.#user = user
  }

  // Requests

  ask(
    kind: number,
    size: number,
    address: number,
    low: number,
    high: number,
    attrs: MemTxAttrs,
    expectedLow = 0,
    expectedHigh = 0,
  ): number {
    const words = this.#words
    const at = this.#at
    // Offline from before the request can be seen: the owner must not wait for one that waits for it.
    this.#presence.goOffline()
    if (this.#ring.isFull) this.#waitForRoom()
    storeRequest(words, this.#ring.place, kind, size, address, low, high, attrs, expectedLow, expectedHigh)
    this.#replies = (this.#replies + 1) | 0
    this.#ring.push()
    this.flush()
    this.#wait(this.#isAnswered, REPLIES)
    this.#ring.answered()
    const result = words[at + REPLY_RESULT] as number
    const replyLow = words[at + REPLY_LOW] as number
    const replyHigh = words[at + REPLY_HIGH] as number
    this.#resume()
    this.low = replyLow
    this.high = replyHigh
    return result
  }

  post(kind: number, size: number, address: number, low: number, high: number, attrs: MemTxAttrs): void {
    if (this.#ring.isFull) {
      this.#presence.goOffline()
      this.#waitForRoom()
      this.#resume()
    }
    storeRequest(this.#words, this.#ring.place, kind, size, address, low, high, attrs)
    this.#ring.push()
    if (++this.#unrung >= UNRUNG_STORES) this.flush()
  }

  notifies(address: number, size: number, low: number, high: number): boolean {
    const match = this.#user?.notifiers
    if (match === undefined || match.isEmpty) return false
    const id = match.find(address, size, low, high)
    if (id === undefined) return false
    Atomics.add(this.#words, this.#layout.notifier(id), 1)
    this.flush()
    return true
  }

  /** The owner looks at what was posted. */
  flush(): void {
    this.#unrung = 0
    this.#polls = 0
    ringOwner(this.#words)
  }

  // Life

  enter(): void {
    if (++this.#running === 1) this.#resume()
  }

  leave(): void {
    if (--this.#running > 0) return
    this.#presence.goOffline()
    this.flush()
  }

  /** A safe point. @returns The attention bits that were set. */
  poll(): number {
    if (this.#unrung !== 0 && ++this.#polls >= UNRUNG_POLLS) this.flush()
    const words = this.#words
    const at = this.#at + ATTENTION
    if (words[at] === 0) {
      if (--this.#plainLooks >= 0) return 0
      this.#plainLooks = PLAIN_LOOKS
      if (Atomics.load(words, at) === 0) return 0
    }
    return this.#attend()
  }

  /** Sleeps until something wants attention. */
  halt(milliseconds: number): number {
    this.#presence.goOffline()
    this.flush()
    this.#wait(this.#isCalled, ATTENTION, milliseconds)
    this.#resume()
    return this.poll()
  }

  #attend(): number {
    const why = Atomics.exchange(this.#words, this.#at + ATTENTION, 0)
    this.#follow()
    return why
  }

  #resume(): void {
    if (this.#running > 0 && this.#presence.comeOnline() !== this.#epoch) this.#follow()
  }

  /** Uses the map of now, and says so. */
  #follow(): void {
    let isNew = false
    for (let epoch = this.#presence.epoch; epoch !== this.#epoch; epoch = this.#presence.epoch) {
      const rows = readMap(this.#words, this.#layout, epoch)
      if (rows === undefined) continue
      try {
        this.#user?.apply(rows)
      } finally {
        // A listener that has thrown has done so behind the change.
        this.#epoch = epoch
        this.#presence.acknowledge(epoch)
        // It may wait for this.
        ringOwner(this.#words)
      }
      isNew = true
    }
    if (isNew) this.#user?.changed()
  }

  #waitForRoom(): void {
    this.flush()
    this.#wait(this.#hasRoom, TAIL)
  }

  /** @throws Error where the owner is gone. */
  #wait(done: () => boolean, word: number, milliseconds = Number.POSITIVE_INFINITY): void {
    if (this.#waiter.spin(done)) return
    for (let left = milliseconds; left > 0; left -= LOOK_MS) {
      if (Atomics.load(this.#words, GONE) !== 0) throw new Error('the board is gone: no thread serves this member')
      if (sleepUntil(this.#words, this.#at, word, done, Math.min(left, LOOK_MS))) return
    }
  }
}
