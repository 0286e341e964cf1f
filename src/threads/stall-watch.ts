import type { Grace } from './grace.ts'

/** Tells of a member that holds up a change of the map: it runs, and does not poll. Once for each change. */
export class StallWatch {
  readonly #grace: Grace
  readonly #limit: number
  readonly #onStall: (id: number) => void
  /** When the newest map was published. */
  #since = 0
  /** The number of the map that was told of. */
  #told = 0

  /** @param limit After so many milliseconds. */
  constructor(grace: Grace, limit: number, onStall: (id: number) => void) {
    this.#grace = grace
    this.#limit = limit
    this.#onStall = onStall
  }

  /** A map was published. */
  restart(): void {
    this.#since = performance.now()
  }

  /** Tells where it is time to. @returns In how many milliseconds it may be. */
  look(): number {
    const { epoch } = this.#grace
    if (this.#told === epoch || this.#grace.isSettled()) return Number.POSITIVE_INFINITY
    const left = this.#since + this.#limit - performance.now()
    if (left > 0) return left
    this.#told = epoch
    const id = this.#grace.laggard()
    if (id !== undefined) this.#onStall(id)
    return Number.POSITIVE_INFINITY
  }
}
