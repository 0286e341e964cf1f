/** The bounce buffers of one space (RULES J2, newer): how much of their budget is left, and who waits for more. */
export class BounceBudget {
  #left: number
  /** The latest last. */
  #waiting: (() => void)[] = []

  /** @param bytes 0 has every bounce refused. */
  constructor(bytes: number) {
    this.#left = bytes
  }

  /** Bytes. */
  get left(): number {
    return this.#left
  }

  /** @returns Zeroed bytes: as many as are left, and no more than `length`. */
  take(length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(Math.min(length, this.#left))
    this.#left -= bytes.length
    return bytes
  }

  /** All who wait are called, the latest first (RULES J4), when what runs now is done. */
  give(bytes: number): void {
    this.#left += bytes
    const waiting = this.#waiting.reverse()
    this.#waiting = []
    for (const callback of waiting) queueMicrotask(callback)
  }

  /**
   * Calls `callback` once, when there is room: soon, where there is some already (RULES J4).
   *
   * @returns What takes it back.
   */
  whenRoom(callback: () => void): () => void {
    let live = true
    const call = () => {
      if (live) {
        live = false
        callback()
      }
    }
    if (this.#left > 0) queueMicrotask(call)
    else this.#waiting.push(call)
    return () => {
      live = false
      this.#waiting = this.#waiting.filter(other => other !== call)
    }
  }
}
