import { type Layout, REPLIES, REPLY_HIGH, REPLY_LOW, REPLY_RESULT, TAIL } from './layout.ts'
import { kindOf, loadRequest, POSTED_STORE, type Request } from './request.ts'
import { RingConsumer } from './ring.ts'
import { wakeMember } from './sleep.ts'

/** A member, as its owner sees it. */
export class Client {
  readonly id: number
  /** Its area of the words. */
  readonly at: number
  /** The bytes of its requests of any length. */
  readonly run: Uint8Array
  readonly #words: Int32Array
  readonly #ring: RingConsumer
  #replies = 0

  constructor(words: Int32Array, layout: Layout, id: number, run: Uint8Array) {
    this.id = id
    this.at = layout.member(id)
    this.run = run
    this.#words = words
    this.#ring = new RingConsumer(words, layout, id)
  }

  /** How far its requests go by now. */
  get head(): number {
    return this.#ring.head
  }

  hasBefore(head: number): boolean {
    return this.countBefore(head) > 0
  }

  /** How many of its requests before `head` are left. */
  countBefore(head: number): number {
    return this.#ring.countBefore(head)
  }

  /** The oldest request is one that it waits for. There is one. */
  get waits(): boolean {
    return kindOf(this.#words, this.#ring.place) !== POSTED_STORE
  }

  /** Takes the oldest request. */
  take(into: Request): void {
    loadRequest(this.#words, this.#ring.place, into)
    this.#ring.take()
  }

  /** It may use the places of what was taken. */
  release(): void {
    this.#ring.release()
    wakeMember(this.#words, this.at, TAIL)
  }

  /** Data that devices stored plainly is there for the member once it sees the count of replies. */
  reply(low: number, high: number, result: number): void {
    const words = this.#words
    words[this.at + REPLY_LOW] = low
    words[this.at + REPLY_HIGH] = high
    words[this.at + REPLY_RESULT] = result
    this.#replies = (this.#replies + 1) | 0
    Atomics.store(words, this.at + REPLIES, this.#replies)
    wakeMember(words, this.at, REPLIES)
  }
}
