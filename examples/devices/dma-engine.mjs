// A DMA engine: copies guest memory to guest memory, from the pieces of one list to those of another, as a ring of
// descriptors in guest memory says. A device of no maker, to begin a real one with.

import { MemoryRegion, MemoryRegionCache, MemTxResult, ScatterGatherList } from 'guestmem'

// Registers, 4 bytes each, little-endian.
export const RING_LOW = 0x00 // address of the ring
export const RING_HIGH = 0x04
export const RING_SIZE = 0x08 // descriptors in it, a power of two from 2 to 4096
export const CONTROL = 0x0c // CONTROL_RUN; setting it begins at descriptor 0
export const TAIL = 0x10 // the descriptor behind the last that is filled in: writing it starts the engine
export const HEAD = 0x14 // the descriptor that the engine does next; read only
export const STATUS = 0x18 // read only
export const INTERRUPT = 0x1c // 1 while it interrupts; any write ends that
const REGISTERS_BYTES = 0x20

export const CONTROL_RUN = 0x01
export const STATUS_RUNNING = 0x01
/** There is no such ring, or it can not be read and written. The engine has stopped. */
export const STATUS_BAD_RING = 0x02

// A descriptor, little-endian. One after the other they are chained to a transfer, which is done when the last of them
// says so.
export const DESCRIPTOR_BYTES = 32
export const ADDRESS = 0 // 8 bytes
export const LENGTH = 8 // 4 bytes, up to 2^24
export const FLAGS = 12 // 4 bytes
export const MOVED = 16 // 4 bytes, the engine's: how many were copied
export const COMPLETION = 20 // 4 bytes, the engine's, and stored last
/** The next descriptor is of the same transfer. */
export const FLAG_NEXT = 0x01
/** The bytes go here; without it they come from here. */
export const FLAG_TO = 0x02
/** To be interrupted when it is done. */
export const FLAG_INTERRUPT = 0x04
export const COMPLETION_DONE = 1
/** Some of it was refused; what could be copied is. */
export const COMPLETION_ERROR = 2

const MAX_LENGTH = 2 ** 24
const MAX_RING = 4096

export class DmaEngine {
  region
  #bus
  #setInterrupt
  #ringAddress = { low: 0, high: 0 }
  #ringSize = 0
  #status = 0
  #interrupt = 0
  #head = 0
  #tail = 0
  /** The ring, looked up once. @type {MemoryRegionCache | undefined} */
  #ring

  /**
   * @param {import('guestmem').AddressSpace} bus What its DMA sees.
   * @param {(level: boolean) => void} [setInterrupt] The interrupt line.
   */
  constructor(bus, setInterrupt = () => {}) {
    this.#bus = bus
    this.#setInterrupt = setInterrupt
    this.region = MemoryRegion.io('dma-engine', this.#registers, REGISTERS_BYTES, { owner: this })
  }

  #registers = {
    read: offset => this.#read(offset),
    write: (offset, value) => this.#write(offset, value),
    valid: { minSize: 4, maxSize: 4 },
    impl: { minSize: 4, maxSize: 4 },
    endianness: 'little',
  }

  #read(offset) {
    switch (offset) {
      case RING_LOW:
        return this.#ringAddress.low
      case RING_HIGH:
        return this.#ringAddress.high
      case RING_SIZE:
        return this.#ringSize
      case CONTROL:
        return this.#status & STATUS_RUNNING ? CONTROL_RUN : 0
      case TAIL:
        return this.#tail
      case HEAD:
        return this.#head
      case STATUS:
        return this.#status
      default:
        return this.#interrupt
    }
  }

  #write(offset, value) {
    const running = (this.#status & STATUS_RUNNING) !== 0
    if (offset === CONTROL) this.#run((value & CONTROL_RUN) !== 0)
    else if (offset === INTERRUPT) this.#interruptIs(0)
    else if (offset === TAIL && running) {
      this.#tail = value & (this.#ringSize - 1)
      this.#work()
    }
    // While it runs, the ring stays where it is.
    else if (running) return
    else if (offset === RING_LOW) this.#ringAddress.low = value
    else if (offset === RING_HIGH) this.#ringAddress.high = value
    else if (offset === RING_SIZE) this.#ringSize = value
  }

  #run(on) {
    this.#ring = undefined
    this.#head = 0
    this.#tail = 0
    this.#status = on ? STATUS_RUNNING : 0
    const size = this.#ringSize
    if (on && (size < 2 || size > MAX_RING || (size & (size - 1)) !== 0 || !this.#hasRing())) this.#stop()
  }

  #stop() {
    this.#ring = undefined
    this.#status = STATUS_BAD_RING
  }

  /** Looks the ring up, again where the map has changed. False: there is none, or not in one piece. */
  #hasRing() {
    if (this.#ring !== undefined && !this.#ring.stale) return true
    const { low, high } = this.#ringAddress
    const bytes = this.#ringSize * DESCRIPTOR_BYTES
    this.#ring = new MemoryRegionCache(this.#bus, high * 2 ** 32 + low, bytes, { write: true })
    return this.#ring.length === bytes && this.#ring.region !== undefined
  }

  /** Does whole transfers, until it comes to the tail. A chain that the tail cuts off waits for the rest. */
  #work() {
    while (this.#head !== this.#tail) {
      const chain = this.#hasRing() ? this.#chain() : undefined
      // A ring that can not be read has no transfers in it: zeros, which the bus gives then, are no descriptor.
      if (chain === undefined) return this.#stop()
      if (chain.length === 0) return
      if (!this.#transfer(chain)) return this.#stop()
    }
  }

  /**
   * Each field is loaded once: a guest may change it at any time, and what was checked is what is used.
   *
   * @returns The descriptors of the next transfer; none where its last one is not there yet. Undefined: no memory.
   */
  #chain() {
    const ring = this.#ring
    const mask = this.#ringSize - 1
    const chain = []
    const fields = new DataView(new ArrayBuffer(MOVED))
    for (let index = this.#head; index !== this.#tail; index = (index + 1) & mask) {
      const at = index * DESCRIPTOR_BYTES
      if (ring.read(at, new Uint8Array(fields.buffer)) !== MemTxResult.OK) return undefined
      const flags = fields.getUint32(FLAGS, true)
      const address = fields.getBigUint64(ADDRESS, true)
      chain.push({ at, address, length: fields.getUint32(LENGTH, true), flags, next: (index + 1) & mask })
      if ((flags & FLAG_NEXT) === 0) return chain
    }
    return []
  }

  /** @returns {boolean} False: what it came to could not be stored. */
  #transfer(chain) {
    const last = chain[chain.length - 1]
    const from = new ScatterGatherList()
    const to = new ScatterGatherList()
    let moved = 0
    let completion = COMPLETION_ERROR
    if (chain.every(({ length }) => length <= MAX_LENGTH)) {
      for (const { address, length, flags } of chain) (flags & FLAG_TO ? to : from).add(this.#bus, address, length)
      moved = Math.min(from.length, to.length)
      to.copyFrom(0, from, 0, moved)
      if (to.result === MemTxResult.OK) completion = COMPLETION_DONE
    }
    // The bytes, how many they are, and then the word that a driver polls. The space keeps the order of stores, on every
    // host: who sees the completion sees the rest.
    const ring = this.#ring
    ring.store32le(last.at + MOVED, moved)
    if (ring.result !== MemTxResult.OK) return false
    ring.store32le(last.at + COMPLETION, completion)
    if (ring.result !== MemTxResult.OK) return false
    this.#head = last.next
    if (last.flags & FLAG_INTERRUPT) this.#interruptIs(1)
    return true
  }

  #interruptIs(level) {
    if (this.#interrupt === level) return
    this.#interrupt = level
    this.#setInterrupt(level === 1)
  }
}
