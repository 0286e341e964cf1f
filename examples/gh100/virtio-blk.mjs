// A block device in the style of virtio-blk: requests come through a split virtqueue in guest memory, and the sectors
// are a file's.

import { fstatSync } from 'node:fs'
import { MemTxResult } from 'guestmem'
import { byMap } from './carry.mjs'

export const SECTOR_BYTES = 512
export const QUEUE_SIZE = 16

// struct virtq_desc: le64 addr, le32 len, le16 flags, le16 next.
export const DESC_BYTES = 16
export const VIRTQ_DESC_F_NEXT = 1
export const VIRTQ_DESC_F_WRITE = 2
// struct virtq_avail and virtq_used: le16 flags, le16 idx, then the ring; entries of 2 and of 8 bytes.
export const RING_IDX = 2
export const RING = 4
// struct virtio_blk_req: le32 type, le32 reserved, le64 sector; then the data; then one byte of status.
export const HEADER_BYTES = 16
export const VIRTIO_BLK_T_IN = 0
export const VIRTIO_BLK_T_OUT = 1
export const VIRTIO_BLK_S_OK = 0
export const VIRTIO_BLK_S_IOERR = 1
const VIRTIO_BLK_S_UNSUPP = 2

const NO_QUEUE = 'no memory where the queue is said to be'
const NO_REQUEST = 'a chain of descriptors that no request has'

/**
 * What of a request fails is told in its status byte. Where the queue itself fails, or the status byte, nothing can be
 * told in them: the device needs a reset.
 */
export class VirtioBlk {
  /** The device gave up, and says so in its status register: DEVICE_NEEDS_RESET. Why. @type {string | undefined} */
  needsReset
  /** It waits for room for its bounce buffers, which others hold. */
  waiting = false
  counts = { directBytes: 0, bouncedBytes: 0, mapFailures: 0 }
  /** Called with each window on memory itself that data went through. @type {(window: import('guestmem').DmaWindow) => void} */
  onDirect = () => {}
  #queue
  #carry
  #setNeedsReset
  #lastAvailable = 0

  /**
   * @param {import('guestmem').AddressSpace} memory What its DMA sees.
   * @param {number} file A file descriptor.
   * @param {{ desc: number, avail: number, used: number }} queue Where the driver put it.
   * @param {object} options
   * @param {import('./carry.mjs').Carry} [options.carry] How data goes; as QEMU's device does it unless said.
   * @param {() => void} [options.setNeedsReset] Tells the driver.
   */
  constructor(memory, file, queue, { carry = byMap, setNeedsReset = () => {} } = {}) {
    this.memory = memory
    this.file = file
    this.#queue = queue
    this.#carry = carry
    this.#setNeedsReset = setNeedsReset
  }

  /** The driver has made requests available. */
  kick() {
    const { avail, desc } = this.#queue
    while (!this.needsReset) {
      const index = this.#load16(avail + RING_IDX)
      if (index === this.#lastAvailable) return
      const head = this.#load16(avail + RING + 2 * (this.#lastAvailable % QUEUE_SIZE))
      const chain = this.needsReset ? undefined : this.#chain(desc, head)
      if (chain === undefined) return
      const written = this.#request(chain)
      if (written === undefined) return
      this.#lastAvailable = (this.#lastAvailable + 1) & 0xffff
      this.#complete(head, written)
    }
  }

  /** A field of the queue. Where it can not be loaded, the bus gives a zero that the driver never stored. */
  #load16(address) {
    const value = this.memory.load16le(address)
    if (this.memory.result !== MemTxResult.OK) this.#fail(NO_QUEUE)
    return value
  }

  /**
   * Addresses are a guest's, of 64 bits: bigints, which the space takes as they are.
   *
   * @returns {{ address: bigint, length: number, write: boolean }[] | undefined}
   */
  #chain(desc, head) {
    const chain = []
    const bytes = new Uint8Array(DESC_BYTES)
    const fields = new DataView(bytes.buffer)
    for (let index = head; ; index = fields.getUint16(14, true)) {
      // A guest may link them in a circle.
      if (index >= QUEUE_SIZE || chain.length === QUEUE_SIZE) return this.#fail(NO_REQUEST)
      if (this.memory.read(desc + DESC_BYTES * index, bytes) !== MemTxResult.OK) return this.#fail(NO_QUEUE)
      const flags = fields.getUint16(12, true)
      const write = (flags & VIRTQ_DESC_F_WRITE) !== 0
      chain.push({ address: fields.getBigUint64(0, true), length: fields.getUint32(8, true), write })
      if ((flags & VIRTQ_DESC_F_NEXT) === 0) break
    }
    const [header, status] = [chain[0], chain[chain.length - 1]]
    const whole = chain.length > 1 && !header.write && header.length === HEADER_BYTES && status.write
    return whole && status.length === 1 ? chain : this.#fail(NO_REQUEST)
  }

  /** @returns {number | undefined} How many bytes it wrote to guest memory; undefined: it is not done. */
  #request(chain) {
    const header = new DataView(new ArrayBuffer(HEADER_BYTES))
    const known = this.memory.read(chain[0].address, new Uint8Array(header.buffer)) === MemTxResult.OK
    const type = header.getUint32(0, true)
    const position = Number(header.getBigUint64(8, true) & 0xffff_ffffn) * SECTOR_BYTES
    const data = chain.slice(1, -1)
    const read = type === VIRTIO_BLK_T_IN
    const length = data.reduce((sum, segment) => sum + segment.length, 0)
    let status = VIRTIO_BLK_S_OK
    let written = 1
    // What was not read is no request: zeros would be one for the first sector.
    if (!known) status = VIRTIO_BLK_S_IOERR
    else if (!(read || type === VIRTIO_BLK_T_OUT) || !data.every(({ write }) => write === read))
      status = VIRTIO_BLK_S_UNSUPP
    else if (length === 0 || position + length > fstatSync(this.file).size) status = VIRTIO_BLK_S_IOERR
    else {
      const carried = this.#carry(this, data, position, read)
      if (carried === undefined) return undefined
      if (carried.result !== MemTxResult.OK) status = VIRTIO_BLK_S_IOERR
      else if (read) written += carried.moved
    }
    const told = this.memory.write(chain[chain.length - 1].address, Uint8Array.of(status))
    return told === MemTxResult.OK ? written : this.#fail('no memory for the status of a request')
  }

  /**
   * A window was refused, and all that this request held is given back by now. If others hold bounce buffers, there will
   * be room. If not, all of the budget was this request's, and was too little: nobody will ever give back what would make
   * it enough.
   *
   * @param {number} bytes What the request needs of it, as far as it got.
   */
  outOfRoom(bytes) {
    this.counts.mapFailures++
    if (this.memory.bounceBytesLeft === this.memory.bounceBytes)
      return this.#fail('virtio: bogus descriptor or out of resources')
    this.waiting = true
    this.memory.whenRoom(
      () => {
        this.waiting = false
        this.kick()
      },
      { bytes },
    )
  }

  /** The entry first, then the index that the driver polls: the space keeps the order. */
  #complete(head, written) {
    const { used } = this.#queue
    const index = this.#load16(used + RING_IDX)
    if (this.needsReset) return
    const entry = new DataView(new ArrayBuffer(8))
    entry.setUint32(0, head, true)
    entry.setUint32(4, written, true)
    const at = used + RING + 8 * (index % QUEUE_SIZE)
    // An entry that is not there must not be announced.
    if (this.memory.write(at, new Uint8Array(entry.buffer)) !== MemTxResult.OK) return this.#fail(NO_QUEUE)
    this.memory.store16le(used + RING_IDX, index + 1)
    if (this.memory.result !== MemTxResult.OK) this.#fail(NO_QUEUE)
  }

  /** @returns {undefined} */
  #fail(why) {
    if (this.needsReset) return
    this.needsReset = why
    this.#setNeedsReset()
  }
}
