// edu: a PCI card for learning how to write drivers. It inverts, computes factorials, interrupts, and copies by DMA.
// Interface: QEMU's docs/specs/edu. These are the registers of its BAR 0; PCI configuration is the board's.

import { MemoryRegion, MemTxResult } from 'guestmem'

// Registers. Those from 0x80 on take accesses of 8 bytes, too.
export const IDENTIFICATION = 0x00
export const LIVENESS = 0x04
export const FACTORIAL = 0x08
export const STATUS = 0x20
export const INTERRUPT_STATUS = 0x24
export const INTERRUPT_RAISE = 0x60
export const INTERRUPT_ACKNOWLEDGE = 0x64
export const DMA_SOURCE = 0x80
export const DMA_DESTINATION = 0x88
export const DMA_COUNT = 0x90
export const DMA_COMMAND = 0x98

const BAR_BYTES = 2 ** 20
const VERSION_1_0 = 0x0100_00ed

// Bits of the status register.
export const STATUS_COMPUTING = 0x01
export const STATUS_INTERRUPT = 0x80

// Bits of the DMA command register.
export const DMA_START = 0x01
export const DMA_TO_RAM = 0x02
export const DMA_INTERRUPT = 0x04

// What the card itself puts in the interrupt status register.
export const FACTORIAL_DONE = 0x001
export const DMA_DONE = 0x100

/** The card's own memory, as its DMA engine addresses it. The guest can't. */
export const DMA_BUFFER = 0x40000
const DMA_BUFFER_BYTES = 4096
const DMA_DELAY_MS = 100

/** What PCI reads where nothing answers. */
const ALL_ONES = 0xffff_ffff
const ALL_ONES_64 = 0xffff_ffff_ffff_ffffn

export class Edu {
  /** BAR 0. */
  region
  #bus
  #setInterrupt
  #setMasterAbort
  #schedule
  #dmaMask
  #buffer = new Uint8Array(DMA_BUFFER_BYTES)
  #liveness = 0
  #factorial = 0
  #status = 0
  #interrupts = 0
  #dma = { source: 0n, destination: 0n, count: 0n, command: 0 }

  /**
   * @param {import('guestmem').AddressSpace} bus What its DMA sees.
   * @param {object} options
   * @param {(level: boolean) => void} [options.setInterrupt] The interrupt line.
   * @param {() => void} [options.setMasterAbort] Nobody answered a DMA access, or it was refused. The card has no register
   *   for that: PCI has the bit Received Master Abort of the status register in configuration space, which is the board's.
   * @param {number | bigint} [options.dmaMask] The address bits that the DMA engine has; 28 of them unless said.
   * @param {(work: () => void) => void} [options.schedule] Runs `work` later, outside of any access.
   */
  constructor(
    bus,
    {
      setInterrupt = () => {},
      setMasterAbort = () => {},
      dmaMask = 0x0fff_ffff,
      schedule = work => setTimeout(work, DMA_DELAY_MS),
    } = {},
  ) {
    this.#bus = bus
    this.#setInterrupt = setInterrupt
    this.#setMasterAbort = setMasterAbort
    this.#dmaMask = BigInt(dmaMask)
    this.#schedule = schedule
    this.region = MemoryRegion.io('edu-mmio', this.#registers, BAR_BYTES, { owner: this })
  }

  #registers = {
    read: offset => this.#read(offset),
    read64: offset => this.#read64(offset),
    write: (offset, value) =>
      offset < DMA_SOURCE ? this.#write(offset, value) : this.#writeDma(offset, BigInt(value)),
    write64: (offset, value) => this.#writeDma(offset, value),
    valid: { minSize: 4, maxSize: 8 },
    impl: { minSize: 4, maxSize: 8 },
    endianness: 'little',
  }

  #read(offset) {
    switch (offset) {
      case IDENTIFICATION:
        return VERSION_1_0
      case LIVENESS:
        return this.#liveness
      case FACTORIAL:
        return this.#factorial
      case STATUS:
        return this.#status
      case INTERRUPT_STATUS:
        return this.#interrupts
      default:
        return offset < DMA_SOURCE ? ALL_ONES : Number(BigInt.asUintN(32, this.#read64(offset)))
    }
  }

  #read64(offset) {
    switch (offset) {
      case DMA_SOURCE:
        return this.#dma.source
      case DMA_DESTINATION:
        return this.#dma.destination
      case DMA_COUNT:
        return this.#dma.count
      case DMA_COMMAND:
        return BigInt(this.#dma.command)
      default:
        return ALL_ONES_64
    }
  }

  #write(offset, value) {
    switch (offset) {
      case LIVENESS:
        this.#liveness = ~value
        break
      case FACTORIAL:
        if ((this.#status & STATUS_COMPUTING) === 0) this.#startFactorial(value)
        break
      case STATUS:
        this.#status = (this.#status & STATUS_COMPUTING) | (value & STATUS_INTERRUPT)
        break
      case INTERRUPT_RAISE:
        this.#raise(value)
        break
      case INTERRUPT_ACKNOWLEDGE:
        this.#interrupts = (this.#interrupts & ~value) >>> 0
        if (this.#interrupts === 0) this.#setInterrupt(false)
    }
  }

  /** While a transfer runs, what it was given stays as it is. */
  #writeDma(offset, value) {
    const dma = this.#dma
    if (dma.command & DMA_START) return
    if (offset === DMA_SOURCE) dma.source = value
    else if (offset === DMA_DESTINATION) dma.destination = value
    else if (offset === DMA_COUNT) dma.count = value
    else if (offset === DMA_COMMAND && value & BigInt(DMA_START)) {
      dma.command = Number(value & BigInt(DMA_START | DMA_TO_RAM | DMA_INTERRUPT))
      this.#schedule(() => this.#transfer())
    }
  }

  #raise(bits) {
    this.#interrupts = (this.#interrupts | bits) >>> 0
    if (this.#interrupts !== 0) this.#setInterrupt(true)
  }

  #startFactorial(value) {
    this.#factorial = value
    this.#status |= STATUS_COMPUTING
    this.#schedule(() => {
      this.#factorial = factorial(value)
      this.#status &= ~STATUS_COMPUTING
      if (this.#status & STATUS_INTERRUPT) this.#raise(FACTORIAL_DONE)
    })
  }

  /**
   * Runs from a timer, not from the access that started it. So the card is in no handler of its own, and the DMA may
   * reach any register, even this card's (RULES G7).
   */
  #transfer() {
    const { source, destination, count, command } = this.#dma
    const toRam = (command & DMA_TO_RAM) !== 0
    const from = (toRam ? source : destination) - BigInt(DMA_BUFFER)
    const address = (toRam ? destination : source) & this.#dmaMask
    // The guest chose these numbers, so nothing here may throw: a transfer outside of the buffer is left out. The bus takes
    // any address, and says where nothing is.
    if (
      from >= 0n &&
      from + count <= BigInt(DMA_BUFFER_BYTES) &&
      !this.#move(Number(from), Number(count), address, toRam)
    )
      this.#setMasterAbort()
    // The data first, then the bit that a driver polls, then the interrupt.
    this.#dma.command &= ~DMA_START
    if (command & DMA_INTERRUPT) this.#raise(DMA_DONE)
  }

  /** @returns {boolean} False: it was not answered, or refused. Of what was not read whole, the buffer keeps nothing. */
  #move(from, count, address, toRam) {
    if (toRam) return this.#bus.write(address, this.#buffer.subarray(from, from + count)) === MemTxResult.OK
    const bytes = new Uint8Array(count)
    if (this.#bus.read(address, bytes) !== MemTxResult.OK) return false
    this.#buffer.set(bytes, from)
    return true
  }
}

/** Modulo 2^32, as the register is. From 34! on it is 0, so a guest can't keep the card busy for long. */
function factorial(value) {
  let product = 1
  for (let factor = value; factor > 1 && product !== 0; factor--) product = Math.imul(product, factor)
  return product >>> 0
}
