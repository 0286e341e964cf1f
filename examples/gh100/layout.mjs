// What the guest's driver and the machine agree on.

import { BARS } from './bars.mjs'

/** Guest RAM at 0, bytes. */
export const RAM_BYTES = 2 ** 20
/** Where the driver puts its virtqueue, in RAM. */
export const QUEUE = { desc: 0x1000, avail: 0x2000, used: 0x3000 }
export const HEADER = 0x4000
export const STATUS = 0x5000
/** A buffer in RAM, for the request that the guest makes before there is a card. */
const RAM_BUFFER = 0x10000

/** Words of the memory through which the machine interrupts the guest, and what stops it. */
export const LINE = { hotAdded: 0, needsReset: 1 }

const GIB = 2 ** 30

/** Where in each BAR the guest's buffers are: in BAR 4 around the border of its last two RAM blocks. Bytes. */
export const MIDDLE = { 2: GIB, 4: 126 * GIB }

/**
 * What the guest asks for, one after the other. Lengths are whole sectors; the pieces that they are in are not.
 *
 * @param {2 | 4} index The BAR whose memory the guest was given.
 */
export function requests(index) {
  const { address, size } = BARS[index]
  const middle = address + MIDDLE[index]
  const pieces = [
    { address: middle - 5003, length: 16384 },
    { address: address + size - 12289, length: 12289 },
    { address: middle + 0x10001, length: 20479 },
    { address: middle + 0x20000, length: 16384 },
  ]
  return [
    { name: 'a read to RAM', write: false, sector: 0, segments: [{ address: RAM_BUFFER, length: 4096 }] },
    { name: 'a small read', write: false, sector: 8, segments: [{ address: middle + 0x40000, length: 2048 }] },
    { name: 'a read of 64 KiB', write: false, sector: 64, segments: pieces },
    { name: 'a write of 64 KiB', write: true, sector: 512, segments: pieces },
  ]
}
