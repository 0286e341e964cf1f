// A 16550: what it is sent goes to a callback, and what it is given waits in a queue for the guest.

import { addCoalescing, MemoryRegion } from 'guestmem'

const [DATA, INTERRUPT_ENABLE, IDENTIFICATION, LINE_CONTROL, MODEM_CONTROL, LINE_STATUS, MODEM_STATUS, SCRATCH] = [
  0, 1, 2, 3, 4, 5, 6, 7,
]
const BYTES = 8
/** Of LINE_CONTROL: the first two registers are the divisor's. */
const DIVISOR = 0x80
const RECEIVED = 1
const TRANSMITTER_EMPTY = 2
// What IDENTIFICATION says: that there are FIFOs, and why there is an interrupt.
const [FIFOS, NO_INTERRUPT, BY_TRANSMITTER, BY_RECEIVER] = [0xc0, 1, 2, 4]

export class Uart {
  region
  #registers = new Uint8Array(BYTES)
  #divisor = new Uint8Array(2)
  /** @type {number[]} */
  #received = []
  /** The transmitter has become empty since the guest looked. */
  #hasSent = false
  #send
  #setInterrupt

  /**
   * @param {(byte: number) => void} send
   * @param {(level: boolean) => void} setInterrupt
   */
  constructor(send, setInterrupt) {
    this.#send = send
    this.#setInterrupt = setInterrupt
    const ops = {
      read: offset => this.#read(offset),
      write: (offset, value) => this.#write(offset, value),
      valid: { maxSize: 1 },
      impl: { maxSize: 1 },
    }
    this.region = MemoryRegion.io('uart', ops, BYTES)
    // Of what a CPU sends here it waits for nothing: it is posted.
    addCoalescing(this.region, 0, BYTES)
  }

  /** @param {Iterable<number>} bytes */
  receive(bytes) {
    this.#received.push(...bytes)
    this.#update()
  }

  get #why() {
    const enabled = this.#registers[INTERRUPT_ENABLE]
    if (enabled & RECEIVED && this.#received.length > 0) return BY_RECEIVER
    return enabled & TRANSMITTER_EMPTY && this.#hasSent ? BY_TRANSMITTER : NO_INTERRUPT
  }

  #update() {
    this.#setInterrupt(this.#why !== NO_INTERRUPT)
  }

  #read(offset) {
    const isDivisor = (this.#registers[LINE_CONTROL] & DIVISOR) !== 0
    switch (offset) {
      case DATA: {
        if (isDivisor) return this.#divisor[0]
        const byte = this.#received.shift() ?? 0
        this.#update()
        return byte
      }
      case INTERRUPT_ENABLE:
        return isDivisor ? this.#divisor[1] : this.#registers[INTERRUPT_ENABLE]
      case IDENTIFICATION: {
        const why = this.#why
        if (why === BY_TRANSMITTER) this.#hasSent = false
        this.#update()
        return FIFOS | why
      }
      // The transmitter is always empty.
      case LINE_STATUS:
        return 0x60 | (this.#received.length > 0 ? 1 : 0)
      // There is somebody at the other end.
      case MODEM_STATUS:
        return 0xb0
      default:
        return this.#registers[offset]
    }
  }

  #write(offset, value) {
    if (this.#registers[LINE_CONTROL] & DIVISOR && offset <= INTERRUPT_ENABLE) this.#divisor[offset] = value
    else if (offset === DATA) {
      this.#send(value)
      this.#hasSent = true
    } else if (offset === INTERRUPT_ENABLE) {
      this.#registers[offset] = value & 15
      this.#hasSent = true
    } else if ([LINE_CONTROL, MODEM_CONTROL, SCRATCH].includes(offset)) this.#registers[offset] = value
    this.#update()
  }
}
