import { BUFFERS, DESCRIPTOR, machineOver, PINS, REPORT, RING } from './machine.mjs'

/** A network card: what comes in goes to the guest's memory by DMA. */
export class Card {
  #memory
  #pins
  #received = 0
  #descriptor = new DataView(new ArrayBuffer(DESCRIPTOR.bytes))

  /** @param {import('guestmem').GuestRam} ram */
  constructor(ram) {
    const { memory, pins } = machineOver(ram)
    this.#memory = memory
    this.#pins = pins
  }

  /**
   * @param {Uint8Array} packet
   * @returns {boolean} False where the guest has not yet handed the next descriptor back.
   */
  receive(packet) {
    const slot = this.#received % RING.slots
    const descriptor = RING.address + slot * DESCRIPTOR.bytes
    if (this.#memory.load8(descriptor + DESCRIPTOR.status) === DESCRIPTOR.DONE) return false
    const buffer = BUFFERS.address + slot * BUFFERS.bytes
    this.#memory.write(buffer, packet)
    this.#descriptor.setUint32(DESCRIPTOR.address, buffer, true)
    this.#descriptor.setUint32(DESCRIPTOR.length, packet.length, true)
    this.#descriptor.setUint8(DESCRIPTOR.status, DESCRIPTOR.DONE)
    // The status lands last: who sees it sees the rest of the descriptor, and the packet.
    this.#memory.write(descriptor, new Uint8Array(this.#descriptor.buffer))
    this.#received++
    this.#interrupt()
    return true
  }

  /** Ends the guest. */
  switchOff() {
    Atomics.store(this.#pins, PINS.off, 1)
    this.#interrupt()
  }

  #interrupt() {
    Atomics.add(this.#pins, PINS.interrupts, 1)
    Atomics.notify(this.#pins, PINS.interrupts)
  }

  /** What the guest says of its work. */
  get report() {
    // The count is stored last, so it is loaded first.
    const taken = this.#memory.load32(REPORT.taken)
    return { taken, sum: this.#memory.load32(REPORT.sum) }
  }
}
