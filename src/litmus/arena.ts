import { GuestRam, type GuestRamHandle, type RamBlock } from 'guestmem'

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

const BLOCK_BYTES = 16384

/** Guest RAM that a device and a guest share, and what the referee needs to know of both. */
export class Arena {
  readonly handle: GuestRamHandle
  readonly ram: GuestRam
  /** What the guest watches. */
  readonly guest: RamBlock
  /** The device's own. */
  readonly device: RamBlock
  readonly #control: Int32Array
  #spins = 0

  /** The same arena in each thread. */
  constructor(handle: GuestRamHandle) {
    this.handle = handle
    this.ram = GuestRam.attach(handle)
    const [guest, device, control] = this.ram.blocks as [RamBlock, RamBlock, RamBlock]
    this.guest = guest
    this.device = device
    this.#control = new Int32Array(this.ram.buffer, control.offset, control.size / 4)
  }

  static allocate(): GuestRamHandle {
    const ram = GuestRam.allocate(4 * BLOCK_BYTES)
    for (const name of ['guest', 'device', 'control']) ram.block(name, BLOCK_BYTES)
    return ram.handle
  }

  words(block: RamBlock): Int32Array {
    return new Int32Array(this.ram.buffer, block.offset, block.size / 4)
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
