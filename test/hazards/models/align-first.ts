import type { CopyModel } from '../bus.ts'

/**
 * A copy for CPUs that have no unaligned accesses: up to a boundary in small steps, then in large ones. Each byte once,
 * ascending; but what the guest wrote in one access is several.
 */
export const alignFirst: CopyModel = (bus, dst, src, length) => {
  for (let done = 0; done < length; ) {
    let width = 8
    while (width > length - done || (dst + done) % width !== 0) width /= 2
    bus.store(dst + done, bus.load(src + done, width))
    done += width
  }
}
