// A thread that waits polls, as a guest's driver does. After this many polls it sleeps once for a moment: two threads
// that share one CPU would otherwise hardly ever run in turn.
const POLLS_BEFORE_SLEEP = 2000
const SLEEP_MS = 0.02

// Indexes of Int32 elements. Each word has a cache line of its own (16 words), so that a thread which polls one of them
// does not slow down the stores to another.
const WORDS_PER_LINE = 16
const STOPPED = 0
/** Stays zero for ever: a thread sleeps by waiting for a change of it. */
const SLEEP = WORDS_PER_LINE
const ARRIVED = 2 * WORDS_PER_LINE
const FIRST_COUNTER = 4 * WORDS_PER_LINE

/** How the two threads of a race begin together, wait for each other, and end. */
export class RaceSync {
  readonly #words: Int32Array
  #polls = 0

  /** @param words Shared by both threads, all zero before the race. */
  constructor(words: Int32Array) {
    this.#words = words
  }

  /** Returns in both threads when both have called it. */
  startTogether(): void {
    Atomics.add(this.#words, ARRIVED, 1)
    while (Atomics.load(this.#words, ARRIVED) < 2) this.poll()
  }

  /** Sets a counter that the other thread waits for. @param counter Which one, from 0. */
  publish(counter: number, value: number): void {
    Atomics.store(this.#words, FIRST_COUNTER + counter * WORDS_PER_LINE, value)
  }

  /** Waits until the other thread has published `value`; false if the race was stopped before that. */
  waitFor(counter: number, value: number): boolean {
    while (Atomics.load(this.#words, FIRST_COUNTER + counter * WORDS_PER_LINE) !== value) {
      if (this.stopped) return false
      this.poll()
    }
    return true
  }

  /** To be called in each turn of a loop that waits. */
  poll(): void {
    if (++this.#polls % POLLS_BEFORE_SLEEP === 0) Atomics.wait(this.#words, SLEEP, 0, SLEEP_MS)
  }

  stop(): void {
    Atomics.store(this.#words, STOPPED, 1)
  }

  get stopped(): boolean {
    return Atomics.load(this.#words, STOPPED) === 1
  }
}
