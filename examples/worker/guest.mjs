import { BUFFERS, DESCRIPTOR, machineOver, PINS, REPORT, RING } from './machine.mjs'

/** What a guest's driver does, in place of an emulated CPU that runs one. */
export class Guest {
  #memory
  #pins
  #packet = new Uint8Array(BUFFERS.bytes)
  #taken = 0
  #sum = 0

  /** @param {import('guestmem').GuestRam} ram */
  constructor(ram) {
    const { memory, pins } = machineOver(ram)
    this.#memory = memory
    this.#pins = pins
  }

  /** Takes every packet that is there, and hands its descriptor back. */
  poll() {
    const memory = this.#memory
    for (;;) {
      const descriptor = RING.address + (this.#taken % RING.slots) * DESCRIPTOR.bytes
      if (memory.load8(descriptor + DESCRIPTOR.status) !== DESCRIPTOR.DONE) return
      const packet = this.#packet.subarray(0, memory.load32(descriptor + DESCRIPTOR.length))
      memory.read(memory.load32(descriptor + DESCRIPTOR.address), packet)
      memory.store8(descriptor + DESCRIPTOR.status, 0)
      for (const byte of packet) this.#sum += byte
      memory.store32(REPORT.sum, this.#sum)
      memory.store32(REPORT.taken, ++this.#taken)
    }
  }

  /** Until the machine is switched off, halted between interrupts. The main thread of a page is not allowed to wait so. */
  run() {
    for (;;) {
      // Loaded first: an interrupt that comes after this keeps the CPU from waiting.
      const interrupts = Atomics.load(this.#pins, PINS.interrupts)
      if (Atomics.load(this.#pins, PINS.off) !== 0) return
      this.poll()
      Atomics.wait(this.#pins, PINS.interrupts, interrupts)
    }
  }
}
