import type { Grace } from './grace.ts'

/**
 * What the owner tells members: replies, interrupts, that a change is settled. First in, first out; nothing of it goes out
 * while a thread may still use an older map, so that no effect of a change is seen before all use it.
 */
export class Outbox {
  readonly #grace: Grace
  readonly #publish: () => void
  readonly #waiting: (() => void)[] = []

  /** @param publish Publishes the map where it has changed since the last call. */
  constructor(grace: Grace, publish: () => void) {
    this.#grace = grace
    this.#publish = publish
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0
  }

  /** What is told now goes out at once. */
  isOpen(): boolean {
    this.#publish()
    return this.isEmpty && this.#grace.isSettled()
  }

  tell(send: () => void): void {
    if (this.isOpen()) send()
    else this.#waiting.push(send)
  }

  /** Tells what may be told by now. @returns True if there was any. */
  flush(): boolean {
    this.#publish()
    let any = false
    // What one of them tells comes behind all that waits; where one changes the map, the others wait for that, too.
    while (!this.isEmpty && this.#grace.isSettled()) {
      any = true
      this.#waiting.shift()?.()
      this.#publish()
    }
    return any
  }
}
