import type { CopyModel } from '../bus.ts'

/**
 * Uint8Array.set and copyWithin between shared buffers in V8 (src/base/atomicops.h, Relaxed_Memcpy): bytes until the
 * destination is a multiple of 8, words while source and destination both are, then bytes. Four bytes are always four
 * stores.
 */
export const relaxedMemcpy: CopyModel = (bus, dst, src, length) => {
  let done = 0
  const byte = (): void => {
    bus.store(dst + done, bus.load(src + done, 1))
    done++
  }
  while (done < length && (dst + done) % 8 !== 0) byte()
  if ((src + done) % 8 === 0) for (; length - done >= 8; done += 8) bus.store(dst + done, bus.load(src + done, 8))
  while (done < length) byte()
}

/** DataView's setters in V8 before a function is optimised (src/builtins/data-view.tq): a store for each byte. */
export const dataViewCold: CopyModel = (bus, dst, src, length) => {
  const value = bus.load(src, length)
  for (let i = 0; i < length; i++) bus.store(dst + i, value.subarray(i, i + 1))
}

/** The same line once it is optimised, and what a compiler makes of a memcpy whose size it knows: one load, one store. */
export const oneAccess: CopyModel = (bus, dst, src, length) => bus.store(dst, bus.load(src, length))
