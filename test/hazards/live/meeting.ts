import type { GuestRam } from 'guestmem'

/** Whoever waits spins, as a polling guest does; but not for ever, or two threads on one CPU would hardly ever meet. */
const SPINS = 2000
const REST_MS = 0.02

// Each in a cache line of its own: indexes of Int32 elements.
const STOP = 0
const REST = 16
const READY = 32
const NOTE = 48

/** How long a race goes on: `ms`, and up to twice that where the machine is so busy that the two hardly ever meet. */
export function goesOn(start: number, ms: number, met: number): boolean {
  const passed = performance.now() - start
  return passed < ms || (passed < 2 * ms && met < 10_000)
}

/** What a device and a guest in two threads share: bytes, and a few words to agree on who does what when. */
export class Meeting {
  readonly ram: GuestRam
  readonly bytes: Uint8Array
  readonly #control: Int32Array
  #spins = 0

  /** @param ram With a block `guest` and a block `control`. */
  constructor(ram: GuestRam) {
    this.ram = ram
    const [guest, control] = ram.blocks
    if (guest === undefined || control === undefined) throw new TypeError('ram must have two blocks')
    this.bytes = guest.view()
    this.#control = new Int32Array(ram.buffer, control.offset, control.size / 4)
  }

  begin(): void {
    Atomics.add(this.#control, READY, 1)
    while (Atomics.load(this.#control, READY) < 2) this.spin()
  }

  tell(note: 0 | 1, value: number): void {
    Atomics.store(this.#control, NOTE + 16 * note, value)
  }

  /** Waits for what the other thread tells; false where it stopped instead. */
  await(note: 0 | 1, value: number): boolean {
    while (Atomics.load(this.#control, NOTE + 16 * note) !== value) {
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
