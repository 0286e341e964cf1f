/** After that many waits at most that sleep at once, spinning is tried again. */
const MOST_SLEEPS = 256
/** Looks between two looks at the clock. */
const LOOKS = 64
/** A spin to get a core of its own takes so many times the budget, and at most one part in so many of the time. */
const LONG = 20
const LONG_PART = 50
/** Tried once spins have failed one after the other, so that so many waits would sleep. */
const LONG_FROM = 8

/**
 * Spins while that pays, else says that its caller should sleep. Where the host has fewer free cores than threads, whoever is
 * waited for can't run while another spins: so a spin that ran out of its budget makes the next waits sleep at once, one
 * of them at first, then 2, 4, up to 256. A spin that succeeds makes it one again.
 *
 * Two threads that wake each other in turn never run at the same time, so that a host's scheduler may keep both on one core
 * while another is idle: then every round trip is two changes of thread, for as long as they go on. A longer spin shows
 * the scheduler two threads that want to run, and it parts them.
 */
export class Waiter {
  readonly #budget: number
  #sleeps = 0
  #penalty = 1
  /** When a long spin may be tried again, as of performance.now. */
  #nextLong = 0

  /** @param budget Of a spin, milliseconds. */
  constructor(budget: number) {
    this.#budget = budget
  }

  /** True once `done()` is; false where it is better to sleep. */
  spin(done: () => boolean): boolean {
    if (done()) return true
    if (this.#sleeps > 0) {
      this.#sleeps--
      return false
    }
    // What is answered as quickly as it can be is so before the clock is looked at.
    let end: number | undefined
    let now: number
    do {
      for (let i = 0; i < LOOKS; i++)
        if (done()) {
          this.#penalty = 1
          return true
        }
      now = performance.now()
      end ??= now + this.#duration(now)
    } while (now < end)
    this.#sleeps = this.#penalty
    this.#penalty = Math.min(2 * this.#penalty, MOST_SLEEPS)
    return false
  }

  /** How long to spin, milliseconds. */
  #duration(now: number): number {
    if (this.#penalty < LONG_FROM || now < this.#nextLong) return this.#budget
    const long = LONG * this.#budget
    this.#nextLong = now + LONG_PART * long
    return long
  }
}
