// The platform-level interrupt controller: devices' wires in, and out to each hart's machine and supervisor mode.

import { MemoryRegion } from 'guestmem'
import { MIP } from '../hart/privileged.mjs'

const PENDING = 0x1000
const ENABLE = 0x2000
const ENABLE_BYTES = 0x80
const CONTEXT = 0x20_0000
const CONTEXT_BYTES = 0x1000
const BYTES = 0x60_0000
/** Sources 1 to 31. */
const SOURCES = 32
const MOST_PRIORITY = 7

export class Plic {
  region
  #wires
  #priority = new Uint8Array(SOURCES)
  /** Bits of sources: what is high, and what was claimed and is not completed. */
  #levels = 0
  #claimed = 0
  /** Of each context: 2 * hart for machine mode, and one more for supervisor mode. */
  #enabled
  #threshold

  /**
   * @param {number} harts
   * @param {{ set(hart: number, bit: number, level: boolean): void }} wires
   */
  constructor(harts, wires) {
    this.#wires = wires
    this.#enabled = new Uint32Array(2 * harts)
    this.#threshold = new Uint8Array(2 * harts)
    const ops = {
      read: offset => this.#read(offset),
      write: (offset, value) => this.#write(offset, value),
      valid: { minSize: 4, maxSize: 4 },
      impl: { minSize: 4, maxSize: 4 },
      endianness: 'little',
    }
    this.region = MemoryRegion.io('plic', ops, BYTES)
  }

  /** A device's wire. @param {number} source */
  set(source, level) {
    const bit = 1 << source
    this.#levels = level ? this.#levels | bit : this.#levels & ~bit
    this.#update()
  }

  /** What a hart may claim. */
  get #pending() {
    return this.#levels & ~this.#claimed
  }

  #read(offset) {
    if (offset < 4 * SOURCES) return this.#priority[offset / 4]
    if (offset === PENDING) return this.#pending
    const enable = (offset - ENABLE) / ENABLE_BYTES
    if (offset < CONTEXT) return this.#enabled[enable] ?? 0
    const context = Math.floor((offset - CONTEXT) / CONTEXT_BYTES)
    if (context >= this.#enabled.length) return 0
    switch (offset % CONTEXT_BYTES) {
      case 0:
        return this.#threshold[context]
      case 4:
        return this.#claim(context)
      default:
        return 0
    }
  }

  #write(offset, value) {
    const enable = (offset - ENABLE) / ENABLE_BYTES
    const context = Math.floor((offset - CONTEXT) / CONTEXT_BYTES)
    if (offset < 4 * SOURCES) this.#priority[offset / 4] = offset === 0 ? 0 : value & MOST_PRIORITY
    // There is no source 0.
    else if (enable in this.#enabled && offset < CONTEXT) this.#enabled[enable] = value & ~1
    else if (!(context in this.#enabled)) return
    else if (offset % CONTEXT_BYTES === 0) this.#threshold[context] = value & MOST_PRIORITY
    // Of what is not enabled a completion is ignored.
    else if (offset % CONTEXT_BYTES === 4 && value < SOURCES) this.#claimed &= ~((1 << value) & this.#enabled[context])
    this.#update()
  }

  #claim(context) {
    const source = this.#best(context, 0)
    if (source !== 0) this.#claimed |= 1 << source
    this.#update()
    return source
  }

  /** The pending source of the highest priority above another one, of equals the lowest; 0 if there is none. */
  #best(context, above) {
    const candidates = this.#pending & this.#enabled[context]
    let best = 0
    for (let source = 1; source < SOURCES; source++)
      if ((candidates >>> source) & 1 && this.#priority[source] > Math.max(above, this.#priority[best])) best = source
    return best
  }

  #update() {
    for (let context = 0; context < this.#enabled.length; context++) {
      const isDue = this.#best(context, this.#threshold[context]) !== 0
      this.#wires.set(context >> 1, context & 1 ? MIP.SEIP : MIP.MEIP, isDue)
    }
  }
}
