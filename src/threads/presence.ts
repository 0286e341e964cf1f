import { ACK, EPOCH, ONLINE } from './layout.ts'

/**
 * What a member says of itself to the owner, who must not take memory away that the member may still touch. Online, it
 * touches guest memory by the map that it has acknowledged, or a newer one. Offline it touches none: nobody waits for it.
 */
export class Presence {
  readonly #words: Int32Array
  readonly #at: number

  /** @param at The member's area. */
  constructor(words: Int32Array, at: number) {
    this.#words = words
    this.#at = at
  }

  /**
   * The number of the map of now. First ONLINE is stored, then EPOCH is loaded; the owner stores EPOCH, then loads ONLINE.
   * All four are atomic, so that at least one of the two sees the other: the member a new map, or the owner a member to
   * wait for.
   */
  comeOnline(): number {
    Atomics.store(this.#words, this.#at + ONLINE, 1)
    return Atomics.load(this.#words, EPOCH)
  }

  get epoch(): number {
    return Atomics.load(this.#words, EPOCH)
  }

  /** What the member has stored to guest memory by then is there for whoever sees that it is offline. */
  goOffline(): void {
    Atomics.store(this.#words, this.#at + ONLINE, 0)
  }

  /** No older map is used from here on, and what was stored by one is there for whoever sees this. */
  acknowledge(epoch: number): void {
    Atomics.store(this.#words, this.#at + ACK, epoch)
  }
}
