import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'

// Whoever waits spins, as a polling guest does; but not for ever, or two threads that share a CPU would hardly
// ever meet.
const SPINS = 2000
const REST_MS = 0.02

// Each in a cache line of its own: indexes of Int32 elements.
const STOP = 0
const REST = 16
const READY = 32

/** What the two threads of a race share: RAM that a guest sees, a device's own buffer, and the referee's notes. */
export class Board {
  #control
  #spins = 0

  /** @param {GuestRam} ram */
  constructor(ram) {
    this.ram = ram
    const [guest, device, control] = ram.blocks
    this.guest = guest
    this.device = device
    this.#control = new Int32Array(ram.buffer, control.offset, control.size / 4)
    this.memory = new AddressSpace('memory', MemoryRegion.ram('guest', guest))
  }

  /** The RAM of a new board; its handle goes to both threads. */
  static allocate() {
    const ram = GuestRam.allocate(65536)
    ram.block('guest', 8192)
    ram.block('device', 4096)
    ram.block('control', 4096)
    return ram
  }

  /** The other thread's board is the same memory. @param {import('guestmem').GuestRamHandle} handle */
  static attach(handle) {
    return new Board(GuestRam.attach(handle))
  }

  /** Both threads begin at once. */
  meet() {
    Atomics.add(this.#control, READY, 1)
    while (Atomics.load(this.#control, READY) < 2) this.spin()
  }

  /** @param {number} note 0 to 3 @param {number} value */
  tell(note, value) {
    Atomics.store(this.#control, 64 + note * 16, value)
  }

  /** Waits for what the other thread tells. @param {number} note @param {number} value */
  await(note, value) {
    while (Atomics.load(this.#control, 64 + note * 16) !== value) this.spin()
  }

  spin() {
    if (++this.#spins % SPINS === 0) Atomics.wait(this.#control, REST, 0, REST_MS)
  }

  stop() {
    Atomics.store(this.#control, STOP, 1)
  }

  get stopped() {
    return Atomics.load(this.#control, STOP) === 1
  }
}

/** How long a race goes on: a second; longer where the machine is so busy that the two hardly ever met. */
export class Clock {
  #start = performance.now()

  /** @param {number} meetings How often both threads had their turn. */
  isOver(meetings) {
    const ms = performance.now() - this.#start
    return ms > 1800 || (ms > 1000 && meetings > 300_000)
  }
}
