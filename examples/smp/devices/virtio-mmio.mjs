// The virtio-blk of examples/gh100 behind virtio's registers in memory (Virtual I/O Device Version 1.2, 4.2), with one queue,
// whose doorbell is an event notifier: the CPU that rings it goes on at once.

import { fstatSync } from 'node:fs'
import { addEventNotifier, MemoryRegion } from 'guestmem'
import { QUEUE_SIZE, SECTOR_BYTES, VirtioBlk } from '../../gh100/virtio-blk.mjs'

const BYTES = 0x200
const CONFIG = 0x100
const [FEATURES, FEATURES_SELECT, QUEUE_SELECT, QUEUE_SIZE_MAX, QUEUE_READY, QUEUE_NOTIFY] = [
  0x10, 0x14, 0x30, 0x34, 0x44, 0x50,
]
const [INTERRUPT_STATUS, INTERRUPT_ACK, STATUS, GENERATION] = [0x60, 0x64, 0x70, 0xfc]
// Low words; the high ones follow.
const [DESCRIPTORS, AVAILABLE, USED] = [0x80, 0x90, 0xa0]
/** What does not change: "virt", version 2, a block device, and whose it is. */
const IDENTITY = { 0: 0x7472_6976, 4: 2, 8: 2, 12: 0x554d_4551 }

const SEG_MAX = 1 << 2
const VERSION_1 = 1
const NEEDS_RESET = 0x40
const QUEUE_INTERRUPT = 1
const CONFIGURATION_INTERRUPT = 2

export class VirtioMmio {
  region
  /** How many rings of the doorbell were answered. */
  kicks = 0
  #bus
  #file
  #setInterrupt
  #registers = new Uint32Array(BYTES / 4)
  #why = 0
  /** @type {VirtioBlk | undefined} */
  #disk

  /**
   * @param {import('guestmem').AddressSpace} bus What its DMA sees.
   * @param {number} file A file descriptor: the disk.
   * @param {(level: boolean) => void} setInterrupt
   */
  constructor(bus, file, setInterrupt) {
    this.#bus = bus
    this.#file = file
    this.#setInterrupt = setInterrupt
    const ops = {
      read: (offset, size) => this.#read(offset, size),
      write: (offset, value) => this.#write(offset, value),
      valid: { maxSize: 4 },
      impl: { maxSize: 4 },
      endianness: 'little',
    }
    this.region = MemoryRegion.io('virtio-blk', ops, BYTES)
    addEventNotifier(this.region, { offset: QUEUE_NOTIFY, size: 4, data: 0 }, () => this.#kick())
    const config = this.#registers.subarray(CONFIG / 4)
    // struct virtio_blk_config: le64 capacity, le32 size_max, le32 seg_max.
    config[0] = Math.floor(fstatSync(file).size / SECTOR_BYTES)
    config[3] = QUEUE_SIZE - 2
  }

  #read(offset, size) {
    if (offset >= CONFIG) return this.#registers[offset >> 2] >>> (8 * (offset & 3))
    if (size !== 4) return 0
    if (offset in IDENTITY) return IDENTITY[offset]
    switch (offset) {
      case FEATURES:
        return [SEG_MAX, VERSION_1][this.#registers[FEATURES_SELECT / 4]] ?? 0
      // Of queues there is the first.
      case QUEUE_SIZE_MAX:
        return this.#registers[QUEUE_SELECT / 4] === 0 ? QUEUE_SIZE : 0
      case INTERRUPT_STATUS:
        return this.#why
      case QUEUE_READY:
      case STATUS:
        return this.#registers[offset / 4]
      case GENERATION:
        return 0
      default:
        return 0
    }
  }

  #write(offset, value) {
    if (offset >= CONFIG) return
    if (offset === INTERRUPT_ACK) return this.#interrupt(this.#why & ~value)
    if (offset === STATUS && value === 0) return this.#reset()
    const isOther = this.#registers[QUEUE_SELECT / 4] !== 0
    if (offset >= QUEUE_SIZE_MAX && offset < INTERRUPT_STATUS && isOther) return
    // Only a reset takes back that a reset is needed.
    const kept = offset === STATUS ? this.#registers[STATUS / 4] & NEEDS_RESET : 0
    this.#registers[offset / 4] = value | kept
    if (offset === QUEUE_READY) this.#start(value === 1)
  }

  #start(isReady) {
    this.#disk = undefined
    if (!isReady) return
    const at = low => this.#registers[low / 4] + this.#registers[low / 4 + 1] * 2 ** 32
    const queue = { desc: at(DESCRIPTORS), avail: at(AVAILABLE), used: at(USED) }
    const setNeedsReset = () => {
      this.#registers[STATUS / 4] |= NEEDS_RESET
      this.#interrupt(this.#why | CONFIGURATION_INTERRUPT)
    }
    // A guest's addresses have 64 bits; the device adds to them.
    if (Object.values(queue).every(address => address < 2 ** 52))
      this.#disk = new VirtioBlk(this.#bus, this.#file, queue, { setNeedsReset })
    else setNeedsReset()
  }

  #kick() {
    if (this.#disk === undefined) return
    this.kicks++
    this.#disk.kick()
    this.#interrupt(this.#why | QUEUE_INTERRUPT)
  }

  #interrupt(why) {
    this.#why = why
    this.#setInterrupt(why !== 0)
  }

  #reset() {
    this.#disk = undefined
    this.#registers.fill(0, 0, CONFIG / 4)
    this.#interrupt(0)
  }
}
