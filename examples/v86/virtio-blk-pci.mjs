// The virtio-blk of examples/gh100 as a PCI card: the modern transport (Virtual I/O Device Version 1.2, 4.1), one queue.

import { fstatSync } from 'node:fs'
import { MemoryRegion } from 'guestmem'
import { QUEUE_SIZE, SECTOR_BYTES, VirtioBlk } from '../gh100/virtio-blk.mjs'

// The structures of BAR 0: where each begins, and its type in the capability that says so.
const [COMMON, NOTIFY, ISR, DEVICE] = [0x0000, 0x3000, 0x1000, 0x2000]
const STRUCTURE_BYTES = 0x1000

/** struct virtio_pci_cap, of each structure in the order of their types; that of the notifications has 4 bytes more. */
const capabilities = [COMMON, NOTIFY, ISR, DEVICE].flatMap((offset, index) => {
  const length = index === 1 ? 20 : 16
  const next = index === 3 ? 0 : 0x40 + [16, 36, 52][index]
  const words = [0x09 | (next << 8) | (length << 16) | ((index + 1) << 24), 0, offset, STRUCTURE_BYTES, 0]
  return Array.from(new Uint8Array(Uint32Array.from(words).buffer)).slice(0, length)
})
export const VIRTIO_BLK_CONFIG = { vendor: 0x1af4, device: 0x1042, classCode: 0x01_8000, revision: 1, capabilities }

// Words of the common structure.
const FEATURE_SELECT = 0
const FEATURE = 1
const QUEUES = 4
/** device_status in the low byte; queue_select above it. */
const STATUS = 5
const SIZE = 6
const ENABLE = 7
const ADDRESSES = 8
const COMMON_WORDS = 14

/** Features: of the first word, and of the second. */
const SEG_MAX = 1 << 2
const VERSION_1 = 1
/** Of a request, with its header and its status they fill the queue. */
const MOST_SEGMENTS = QUEUE_SIZE - 2

const NEEDS_RESET = 0x40
const QUEUE_INTERRUPT = 1
const CONFIGURATION_INTERRUPT = 2

/**
 * @param {import('guestmem').AddressSpace} bus What its DMA sees.
 * @param {{ setInterrupt(level: boolean): void }} lines
 * @param {number} file A file descriptor: the disk.
 * @param {typeof VirtioBlk} Disk What serves the requests.
 * @returns {MemoryRegion} BAR 0.
 */
export function virtioBlkPci(bus, { setInterrupt }, file, Disk = VirtioBlk) {
  const common = new Uint32Array(COMMON_WORDS)
  let disk
  let isr = 0
  const interrupt = why => {
    isr |= why
    setInterrupt(true)
  }
  const readIsr = () => {
    const why = isr
    isr = 0
    setInterrupt(false)
    return why
  }
  const setNeedsReset = () => {
    common[STATUS] |= NEEDS_RESET
    interrupt(CONFIGURATION_INTERRUPT)
  }
  const reset = () => {
    disk = undefined
    if (isr !== 0) readIsr()
    common.fill(0)
    common[QUEUES] = 1 << 16
    common[SIZE] = QUEUE_SIZE
  }
  const start = () => {
    const at = word => common[word] + common[word + 1] * 2 ** 32
    const queue = { desc: at(ADDRESSES), avail: at(ADDRESSES + 2), used: at(ADDRESSES + 4) }
    // A guest's addresses have 64 bits; the device adds to them.
    if (Object.values(queue).every(address => address < 2 ** 52)) disk = new Disk(bus, file, queue, { setNeedsReset })
    else setNeedsReset()
  }

  const region = MemoryRegion.container('virtio-blk', 4 * STRUCTURE_BYTES)
  const add = (name, at, read, write) => {
    const handlers = { read: offset => read(offset >>> 2), write: (offset, value) => void write(offset >>> 2, value) }
    // Words: a write of fewer bytes reads the others first. So each write may come as several, of which the last is whole.
    const ops = { ...handlers, impl: { minSize: 4, aligned: true }, endianness: 'little' }
    region.addSubregion(at, MemoryRegion.io(name, ops, STRUCTURE_BYTES))
  }
  const readCommon = word => {
    if (word === FEATURE) return [SEG_MAX, VERSION_1][common[FEATURE_SELECT]] ?? 0
    // Of queues there is the first.
    if (word >= SIZE && common[STATUS] >>> 16 !== 0) return 0
    return word < COMMON_WORDS ? common[word] : 0
  }
  const writeCommon = (word, value) => {
    if (word === STATUS && (value & 0xff) === 0 && (common[STATUS] & 0xff) !== 0) return reset()
    if (word === FEATURE || word === QUEUES || word === SIZE || word >= COMMON_WORDS) return
    if (word > SIZE && common[STATUS] >>> 16 !== 0) return
    // Only a reset takes back that a reset is needed.
    common[word] = word === STATUS ? (value & ~0xff00) | (common[STATUS] & NEEDS_RESET) : value
    if (word === ENABLE && (value & 0xffff) === 1 && disk === undefined) start()
  }
  const notify = () => {
    if (disk === undefined) return
    disk.kick()
    interrupt(QUEUE_INTERRUPT)
  }
  reset()
  const nothing = () => {}
  const sectors = Math.floor(fstatSync(file).size / SECTOR_BYTES)
  add('common', COMMON, readCommon, writeCommon)
  add('isr', ISR, readIsr, nothing)
  // struct virtio_blk_config: le64 capacity, le32 size_max, le32 seg_max.
  add('device', DEVICE, word => [sectors, 0, 0, MOST_SEGMENTS][word] ?? 0, nothing)
  add('notify', NOTIFY, () => 0, notify)
  return region
}
