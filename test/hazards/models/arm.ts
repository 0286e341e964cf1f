import type { CopyModel } from '../bus.ts'

/**
 * memcpy of Arm's optimized-routines up to 32 bytes (string/aarch64/memcpy.S): head and tail overlap; three bytes and
 * fewer by "a branchless sequence that copies the same byte 3 times if count==1, or the 2nd byte twice if count==2".
 */
export const arm: CopyModel = (bus, dst, src, length) => {
  if (length >= 4) {
    // A pair of registers is two accesses of 8.
    const width = length >= 8 ? 8 : 4
    const head = length >= 16 ? [0, 8] : [0]
    const at = [...head, ...head.map(offset => length - width * head.length + offset)]
    const values = at.map(offset => bus.load(src + offset, width))
    for (const [i, offset] of at.entries()) bus.store(dst + offset, values[i] as Uint8Array)
  } else if (length >= 1) {
    const first = bus.load(src, 1)
    const last = bus.load(src + length - 1, 1)
    const middle = bus.load(src + (length >> 1), 1)
    bus.store(dst, first)
    bus.store(dst + (length >> 1), middle)
    bus.store(dst + length - 1, last)
  }
}
