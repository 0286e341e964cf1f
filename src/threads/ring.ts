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

  constructor(words: Int32Array, layout: Layout, id: number) {
    this.#words = words
    this.#at = layout.member(id)
    this.#ring = layout.ring(id)
  }

  get isFull(): boolean {
    return ((this.#head - Atomics.load(this.#words, this.#at + TAIL)) | 0) >= RING_ENTRIES
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

  /** There are entries before `head`. */
  isBefore(head: number): boolean {
    return this.#tail !== head
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
