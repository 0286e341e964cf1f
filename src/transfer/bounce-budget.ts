/** Who waits for room, and for how much. */
interface Waiter {
  readonly callback: () => void
  readonly bytes: number
}

/** The bounce buffers of one space (RULES J2, newer): how much of their budget is left, and who waits for more (J4). */
export class BounceBudget {
  /**
   * Bytes that are free. A plain field: who gives bytes back assigns to it, which works also where an exception left no
   * room on the stack for a call, and calls `wake` then.
   */
  left: number
  readonly #bytes: number
  /** In order of arrival. */
  readonly #waiters: Set<Waiter> = new Set()
  #scheduled = false

  /** @param bytes 0 has every bounce refused. */
  constructor(bytes: number) {
    this.left = bytes
    this.#bytes = bytes
  }

  /** To be called after bytes were given back: has those called, in a task, who wait for no more than is free. */
  wake(): void {
    if (this.#scheduled || this.#waiters.size === 0 || this.left === 0) return
    inTask(() => this.#callWaiters())
    this.#scheduled = true
  }

  /**
   * Calls `callback` once, as soon as `bytes` bytes are free, in a task of its own.
   *
   * @param bytes More than the whole budget counts as the whole budget: more can never be free.
   * @returns A function that takes the wish back.
   */
  whenRoom(callback: () => void, bytes: number): () => void {
    const waiter = { callback, bytes: Math.max(1, Math.min(bytes, this.#bytes)) }
    this.#waiters.add(waiter)
    this.wake()
    return () => {
      this.#waiters.delete(waiter)
    }
  }

  #callWaiters(): void {
    this.#scheduled = false
    // The waiters of now: a callback that waits again at once is called in the next task, after the timers that are due.
    for (const waiter of [...this.#waiters]) {
      if (waiter.bytes > this.left || !this.#waiters.delete(waiter)) continue
      try {
        waiter.callback()
      } catch (error) {
        inTask(() => {
          throw error
        })
      }
    }
  }
}

/** Runs `task` after what runs now, and after the timers that are due. */
function inTask(task: () => void): void {
  // The shells of some engines have no timers.
  if (typeof setTimeout === 'function') setTimeout(task, 0)
  else Promise.resolve().then(task)
}
