/** After that many waits at most that sleep at once, spinning is tried again. */
const MOST_SLEEPS = 256
/** Looks between two looks at the clock. */
const LOOKS = 64

/**
 * Spins while that pays, else says that its caller should sleep. Where the host has fewer free cores than threads, whoever is
 * waited for can't run while another spins: so a spin that ran out of its budget makes the next waits sleep at once, one
 * of them at first, then 2, 4, up to 256. A spin that succeeds makes it one again.
 */
export class Waiter {
  readonly #budget: number
  #sleeps = 0
  #penalty = 1

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
    const end = performance.now() + this.#budget
    do
      for (let i = 0; i < LOOKS; i++)
        if (done()) {
          this.#penalty = 1
          return true
        }
    while (performance.now() < end)
    this.#sleeps = this.#penalty
    this.#penalty = Math.min(2 * this.#penalty, MOST_SLEEPS)
    return false
  }
}
