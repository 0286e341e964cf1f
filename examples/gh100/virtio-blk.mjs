// A block device in the style of virtio-blk: requests come through a split virtqueue in guest memory, and the sectors
// are a file's.

import { fstatSync } from 'node:fs'
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

/** Addresses end at 2^53 here, and a guest may write any of 64 bits. */
const ADDRESS_LIMIT = 2n ** 53n

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
  #seen = 0

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
    while (!this.needsReset && this.#seen !== this.memory.load16le(avail + RING_IDX)) {
      const head = this.memory.load16le(avail + RING + 2 * (this.#seen % QUEUE_SIZE))
      const chain = this.#chain(desc, head)
      if (chain === undefined) return this.#fail('a chain of descriptors that no request has')
      const written = this.#request(chain)
      if (written === undefined) return
      this.#seen = (this.#seen + 1) & 0xffff
      this.#complete(head, written)
    }
  }

  /** @returns {{ address: number, length: number, write: boolean }[] | undefined} */
  #chain(desc, head) {
    const chain = []
    for (let index = head; ; ) {
      // A guest may link them in a circle.
      if (index >= QUEUE_SIZE || chain.length === QUEUE_SIZE) return undefined
      const at = desc + DESC_BYTES * index
      const address = this.memory.load64le(at)
      const length = this.memory.load32le(at + 8)
      const flags = this.memory.load16le(at + 12)
      if (address + BigInt(length) > ADDRESS_LIMIT) return undefined
      chain.push({ address: Number(address), length, write: (flags & VIRTQ_DESC_F_WRITE) !== 0 })
      if ((flags & VIRTQ_DESC_F_NEXT) === 0) break
      index = this.memory.load16le(at + 14)
    }
    const [header, status] = [chain[0], chain[chain.length - 1]]
    const whole = chain.length > 1 && !header.write && header.length === HEADER_BYTES && status.write
    return whole && status.length === 1 ? chain : undefined
  }

  /** @returns {number | undefined} How many bytes it wrote to guest memory; undefined: it is not done. */
  #request(chain) {
    const header = chain[0].address
    const type = this.memory.load32le(header)
    const position = Number(this.memory.load64le(header + 8) & 0xffff_ffffn) * SECTOR_BYTES
    const data = chain.slice(1, -1)
    const read = type === VIRTIO_BLK_T_IN
    const length = data.reduce((sum, segment) => sum + segment.length, 0)
    let status = VIRTIO_BLK_S_OK
    let moved = 0
    if (!(read || type === VIRTIO_BLK_T_OUT) || !data.every(({ write }) => write === read)) status = VIRTIO_BLK_S_UNSUPP
    else if (length === 0 || position + length > fstatSync(this.file).size) status = VIRTIO_BLK_S_IOERR
    else {
      moved = this.#carry(this, data, position, read)
      if (moved === undefined) return undefined
    }
    this.memory.store8(chain[chain.length - 1].address, status)
    return (read ? moved : 0) + 1
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
    const index = this.memory.load16le(used + RING_IDX)
    const entry = used + RING + 8 * (index % QUEUE_SIZE)
    this.memory.store32le(entry, head)
    this.memory.store32le(entry + 4, written)
    this.memory.store16le(used + RING_IDX, index + 1)
  }

  #fail(why) {
    this.needsReset = why
    this.#setNeedsReset()
  }
}
