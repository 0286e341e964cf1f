import type { CopyModel } from '../bus.ts'

/**
 * memcpy, which is memmove too, of glibc on x86-64 up to 64 bytes, as of 2.29
 * (sysdeps/x86_64/multiarch/memmove-vec-unaligned-erms.S, with 16-byte vectors): everything is loaded first, then
 * stored with two widths that overlap, "no branch when size == 8" or 16. Below 16 bytes the tail is stored first.
 */
export const glibc: CopyModel = (bus, dst, src, length) => {
  if (length > 32) {
    const at = [0, 16, length - 16, length - 32]
    const values = at.map(offset => bus.load(src + offset, 16))
    for (const [i, offset] of at.entries()) bus.store(dst + offset, values[i] as Uint8Array)
  } else if (length >= 16) {
    const head = bus.load(src, 16)
    const tail = bus.load(src + length - 16, 16)
    bus.store(dst, head)
    bus.store(dst + length - 16, tail)
  } else if (length >= 2) {
    const width = length >= 8 ? 8 : length >= 4 ? 4 : 2
    const tail = bus.load(src + length - width, width)
    const head = bus.load(src, width)
    bus.store(dst + length - width, tail)
    bus.store(dst, head)
  } else if (length === 1) bus.store(dst, bus.load(src, 1))
}

/**
 * The same where a 16-byte store is seen as two of 8. Without AVX no manual promises more, nor which half comes first:
 * here it is the upper one.
 */
export const glibcInHalves: CopyModel = (bus, dst, src, length) => {
  const head = bus.load(src, 16)
  const tail = bus.load(src + length - 16, 16)
  for (const [at, value] of [
    [dst, head],
    [dst + length - 16, tail],
  ] as const) {
    bus.store(at + 8, value.subarray(8))
    bus.store(at, value.subarray(0, 8))
  }
}
