// Whoever waits spins, as a polling guest does; but not for ever, or two threads that share a CPU would hardly ever
// meet.
const SPINS = 2000
const REST_MS = 0.02

// Each in a cache line of its own: indexes of Int32 elements.
const STOP = 0
const REST = 16
const READY = 32
const NOTES = 64
const LINE = 16

/** How two threads that race agree on who does what when. */
export class Referee {
  readonly #control: Int32Array
  #spins = 0

  /** @param control Shared words, zero at first. */
  constructor(control: Int32Array) {
    this.#control = control
  }

  /** Both threads begin at once. */
  meet(): void {
    Atomics.add(this.#control, READY, 1)
    while (Atomics.load(this.#control, READY) < 2) this.spin()
  }

  tell(note: number, value: number): void {
    Atomics.store(this.#control, NOTES + note * LINE, value)
  }

  /** Waits for what the other thread tells; false where the race is over first. */
  await(note: number, value: number): boolean {
    while (Atomics.load(this.#control, NOTES + note * LINE) !== value) {
      if (this.stopped) return false
      this.spin()
    }
    return true
  }

  spin(): void {
    if (++this.#spins % SPINS === 0) Atomics.wait(this.#control, REST, 0, REST_MS)
  }

  stop(): void {
    Atomics.store(this.#control, STOP, 1)
  }

  get stopped(): boolean {
    return Atomics.load(this.#control, STOP) === 1
  }
}
