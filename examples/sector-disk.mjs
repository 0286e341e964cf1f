// What a disk does with a request: puts the sector into guest memory, and then, behind it, what became of it.

import { MemTxResult } from 'guestmem'

export const SECTOR_BYTES = 512

// The status word, 4 bytes, little-endian, at the end of the buffer.
export const BUSY = 0
export const DONE = 1
/** The buffer is not there, or not all of it: what is in it is not the sector. */
export const FAILED = 2

/**
 * @param {import('guestmem').AddressSpace} bus What the disk's DMA sees.
 * @param {number} sector
 * @param {number | bigint} buffer The guest's address; it may have given any. Where the status goes to no memory either,
 *   there is nobody to tell.
 */
export function serve(bus, sector, buffer) {
  const bytes = new Uint8Array(SECTOR_BYTES)
  new TextEncoder().encodeInto(`this is sector ${sector}`, bytes)
  const status = bus.write(buffer, bytes) === MemTxResult.OK ? DONE : FAILED
  // The data first, then the status: in this order they become visible.
  bus.write(BigInt(buffer) + BigInt(SECTOR_BYTES), Uint8Array.of(status, 0, 0, 0))
}
