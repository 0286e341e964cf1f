import { afterChange, afterTurn, keepAlive } from './event-loop.ts'
import { DOORBELL } from './layout.ts'
import { fallAsleep, stayAwake } from './sleep.ts'
import type { StallWatch } from './stall-watch.ts'
import { Waiter } from './waiter.ts'

/** A turn of the event loop is not held longer than about that, milliseconds. */
const TURN_MS = 2
/** How often a blocking owner asks whether it is done, milliseconds. */
const DONE_MS = 50

/**
 * The owner's thread at work: rounds of serving while there is something to do, then a spin, then sleep until the doorbell
 * rings. One of `listen` and `serve` at a time.
 */
export class Service {
  readonly #words: Int32Array
  readonly #round: () => boolean
  readonly #stalls: StallWatch
  readonly #waiter: Waiter
  #stop: (() => void) | undefined

  /** @param round Serves what there is. Returns true if there was any. @param spinMs How long it spins before it sleeps. */
  constructor(words: Int32Array, round: () => boolean, stalls: StallWatch, spinMs: number) {
    this.#words = words
    this.#round = round
    this.#stalls = stalls
    this.#waiter = new Waiter(spinMs)
  }

  /** In turns of this thread's event loop. @returns What ends it. */
  listen(): () => void {
    this.#refuseTwice('listen')
    const words = this.#words
    const release = keepAlive()
    let isOn = true
    const turn = (): void => {
      if (!isOn) return
      stayAwake(words)
      const end = performance.now() + TURN_MS
      while (this.#waiter.spin(this.#round)) {
        if (!isOn) return
        if (performance.now() > end) {
          afterTurn(turn)
          return
        }
      }
      const rung = fallAsleep(words)
      if (this.#round()) afterTurn(turn)
      else afterChange(words, DOORBELL, rung, this.#stalls.look(), turn)
    }
    const stop = (): void => {
      if (!isOn) return
      isOn = false
      this.#stop = undefined
      release()
      // For the promise that waits.
      Atomics.add(words, DOORBELL, 1)
      Atomics.notify(words, DOORBELL)
    }
    this.#stop = stop
    turn()
    return stop
  }

  /** Blocks until `done()`, which is asked after whatever was served and every 50 ms, or until `stop`. */
  serve(done: () => boolean): void {
    this.#refuseTwice('serve')
    const words = this.#words
    let isOn = true
    this.#stop = () => {
      isOn = false
    }
    try {
      while (isOn && !done()) {
        stayAwake(words)
        if (this.#waiter.spin(this.#round)) continue
        const rung = fallAsleep(words)
        if (!this.#round()) Atomics.wait(words, DOORBELL, rung, Math.min(DONE_MS, this.#stalls.look()))
      }
    } finally {
      stayAwake(words)
      this.#stop = undefined
    }
  }

  stop(): void {
    this.#stop?.()
  }

  #refuseTwice(how: string): void {
    if (this.#stop !== undefined) throw new TypeError(`${how} must not be called while the board is served already`)
  }
}
