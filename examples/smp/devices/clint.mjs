// The core-local interruptor, as SiFive has it: a software interrupt and a timer for each hart, and the time.

import { MemoryRegion } from 'guestmem'
import { MIP } from '../hart/privileged.mjs'

const MTIMECMP = 0x4000
const MTIME = 0xbff8
const BYTES = 0x1_0000
/** What setTimeout takes. */
const LONGEST_MS = 2 ** 31 - 1

export class Clint {
  region
  #harts
  #wires
  #time
  #ticksPerMs
  #msip
  /** One more word pair than there are harts' comparators: mtime is at the end, and is no memory. */
  #compare
  #timers

  /**
   * @param {object} options
   * @param {number} options.harts
   * @param {{ set(hart: number, bit: number, level: boolean): void }} options.wires
   * @param {() => bigint} options.time What mtime is.
   * @param {number} options.hz How fast it counts.
   */
  constructor({ harts, wires, time, hz }) {
    this.#harts = harts
    this.#wires = wires
    this.#time = time
    this.#ticksPerMs = hz / 1000
    this.#msip = new Uint8Array(harts)
    this.#compare = new BigUint64Array(harts).fill(2n ** 64n - 1n)
    this.#timers = Array.from({ length: harts }, () => undefined)
    const ops = {
      read: offset => Number(BigInt.asUintN(32, this.#load(offset & ~7) >> BigInt(8 * (offset & 4)))),
      write: (offset, value) => this.#store32(offset, value),
      // mtimecmp as a whole: in two halves it would be something else in between.
      read64: offset => this.#load(offset),
      write64: (offset, value) => this.#store64(offset, value),
      valid: { minSize: 4, maxSize: 8 },
      impl: { minSize: 4, maxSize: 8 },
      endianness: 'little',
    }
    this.region = MemoryRegion.io('clint', ops, BYTES)
  }

  /** No timer keeps the process alive any more. */
  close() {
    for (const timer of this.#timers) clearTimeout(timer)
  }

  /** Eight bytes. */
  #load(offset) {
    if (offset === MTIME) return this.#time()
    const comparator = (offset - MTIMECMP) / 8
    if (offset >= MTIMECMP) return this.#compare[comparator] ?? 0n
    const hart = offset / 4
    return BigInt(this.#msip[hart] ?? 0) | (BigInt(this.#msip[hart + 1] ?? 0) << 32n)
  }

  #store32(offset, value) {
    if (offset < MTIMECMP) {
      const hart = offset / 4
      if (hart >= this.#harts) return
      this.#msip[hart] = value & 1
      this.#wires.set(hart, MIP.MSIP, (value & 1) === 1)
      return
    }
    const word = BigInt(value >>> 0)
    const other = this.#load(offset & ~7)
    const whole = offset & 4 ? (word << 32n) | BigInt.asUintN(32, other) : ((other >> 32n) << 32n) | word
    this.#store64(offset & ~7, whole)
  }

  #store64(offset, value) {
    if (offset < MTIMECMP) {
      this.#store32(offset, Number(BigInt.asUintN(32, value)))
      this.#store32(offset + 4, Number(value >> 32n))
      return
    }
    // mtime can't be stored to.
    const hart = (offset - MTIMECMP) / 8
    if (hart >= this.#harts) return
    this.#compare[hart] = value
    this.#look(hart)
  }

  /** The wire is high from mtimecmp on; until then a timer waits. */
  #look(hart) {
    clearTimeout(this.#timers[hart])
    this.#timers[hart] = undefined
    const left = this.#compare[hart] - this.#time()
    this.#wires.set(hart, MIP.MTIP, left <= 0n)
    if (left <= 0n) return
    const ms = Math.min(Math.ceil(Number(left) / this.#ticksPerMs), LONGEST_MS)
    this.#timers[hart] = setTimeout(() => this.#look(hart), ms)
  }
}
