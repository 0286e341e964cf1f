import { ENTRY_WORDS, HEAD, type Layout, RING_ENTRIES, TAIL } from './layout.ts'

/** The place of an entry in the words, by its number. */
function placeOf(ring: number, number: number): number {
  return ring + (number & (RING_ENTRIES - 1)) * ENTRY_WORDS
}

/**
 * A member's end of its ring, which it alone puts entries into: requests are made in its program's order, over all devices.
 * An entry is stored plainly, then HEAD atomically: whoever sees the new HEAD sees the entry.
 */
export class RingProducer {
  readonly #words: Int32Array
  readonly #at: number
  readonly #ring: number
  #head = 0
  /** How far the owner has come, as far as the member knows: TAIL is looked at where there is no room without. */
  #tail = 0

  constructor(words: Int32Array, layout: Layout, id: number) {
    this.#words = words
    this.#at = layout.member(id)
    this.#ring = layout.ring(id)
  }

  get isFull(): boolean {
    if (this.#hasRoom) return false
    // It may be behind what `answered` knows.
    const tail = Atomics.load(this.#words, this.#at + TAIL)
    if (((tail - this.#tail) | 0) > 0) this.#tail = tail
    return !this.#hasRoom
  }

  get #hasRoom(): boolean {
    return ((this.#head - this.#tail) | 0) < RING_ENTRIES
  }

  /** The newest entry was answered, so that the owner has taken all there are. It does not say so in TAIL as well. */
  answered(): void {
    this.#tail = this.#head
  }

  /** Where the next entry's words go. The ring must not be full. */
  get place(): number {
    return placeOf(this.#ring, this.#head)
  }

  /** The entry whose words were stored at `place` is there for the owner. */
  push(): void {
    this.#head = (this.#head + 1) | 0
    Atomics.store(this.#words, this.#at + HEAD, this.#head)
  }
}

/** The owner's end. */
export class RingConsumer {
  readonly #words: Int32Array
  readonly #at: number
  readonly #ring: number
  #tail = 0

  constructor(words: Int32Array, layout: Layout, id: number) {
    this.#words = words
    this.#at = layout.member(id)
    this.#ring = layout.ring(id)
  }

  /** How far the member has come by now. */
  get head(): number {
    return Atomics.load(this.#words, this.#at + HEAD)
  }

  /** How many entries there are before `head`. Below 0 where later ones were taken already. */
  countBefore(head: number): number {
    return (head - this.#tail) | 0
  }

  /** Where the words of the oldest entry are. */
  get place(): number {
    return placeOf(this.#ring, this.#tail)
  }

  /** The oldest entry was read: the next one is the oldest. The member is told with `release`. */
  take(): void {
    this.#tail = (this.#tail + 1) | 0
  }

  /** The member may use the places of all entries that were taken. */
  release(): void {
    Atomics.store(this.#words, this.#at + TAIL, this.#tail)
  }
}
