// SiFive's "test finisher": a store turns the machine off, and says how it went.

import { MemoryRegion } from 'guestmem'

const [FAIL, PASS] = [0x3333, 0x5555]

/** @param {(code: number) => void} off 0: all is well. */
export function powerRegion(off) {
  const write = (_offset, value) => {
    if ((value & 0xffff) === PASS) off(0)
    else if ((value & 0xffff) === FAIL) off(value >>> 16 || 1)
  }
  return MemoryRegion.io('power', { read: () => 0, write, valid: { minSize: 2, maxSize: 4 } }, 0x1000)
}
