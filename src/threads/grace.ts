import { ACK, EPOCH, type Layout, ONLINE } from './layout.ts'

/** The owner's side of Presence: which map is the newest, and whether an older one may still be in use. */
export class Grace {
  readonly #words: Int32Array
  readonly #layout: Layout
  readonly #members: ReadonlyMap<number, unknown>
  #epoch = 0
  /** All members are known to use the newest map, or will before they use any. */
  #settled = true

  /** @param members Those that count, by id: one that is removed is waited for no longer. */
  constructor(words: Int32Array, layout: Layout, members: ReadonlyMap<number, unknown>) {
    this.#words = words
    this.#layout = layout
    this.#members = members
  }

  get epoch(): number {
    return this.#epoch
  }

  /** The number of the next map. */
  get nextEpoch(): number {
    // A word holds 32 bits. 0 is before the first map; 2 keeps the tables taking turns.
    return (this.#epoch + 1) | 0 || 2
  }

  /** The next map is in its table: from here on members take it. */
  begin(): void {
    this.#epoch = this.nextEpoch
    this.#settled = false
    Atomics.store(this.#words, EPOCH, this.#epoch)
  }

  isSettled(): boolean {
    if (this.#settled) return true
    if (this.laggard() !== undefined) return false
    this.#settled = true
    return true
  }

  /** A member that may still use an older map; undefined where there is none. */
  laggard(): number | undefined {
    for (const id of this.#members.keys()) if (!this.#isQuiet(id)) return id
    return undefined
  }

  #isQuiet(id: number): boolean {
    const at = this.#layout.member(id)
    if (Atomics.load(this.#words, at + ONLINE) === 0) return true
    return ((Atomics.load(this.#words, at + ACK) - this.#epoch) | 0) >= 0
  }
}
