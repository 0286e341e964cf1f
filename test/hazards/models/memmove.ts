import type { Bus, CopyModel } from '../bus.ts'

/** The copy of a textbook: ascending, whatever overlaps. Moving up, it reads bytes that it has already overwritten. */
export const ascending: CopyModel = (bus, dst, src, length) => {
  for (let done = 0; done < length; ) {
    const width = length - done >= 8 ? 8 : 1
    bus.store(dst + done, bus.load(src + done, width))
    done += width
  }
}

/** memmove as musl has it (src/string/memmove.c): downwards where the destination lies higher, so the last byte first. */
export const memmove: CopyModel = (bus, dst, src, length) => {
  if (dst - src <= 0 || dst - src >= length) ascending(bus, dst, src, length)
  else if ((dst - src) % 8 !== 0) bytesDown(bus, dst, src, length, 0)
  else {
    let left = length
    for (; left > 0 && (dst + left) % 8 !== 0; left--) bytesDown(bus, dst, src, left, left - 1)
    for (; left >= 8; left -= 8) bus.store(dst + left - 8, bus.load(src + left - 8, 8))
    bytesDown(bus, dst, src, left, 0)
  }
}

function bytesDown(bus: Bus, dst: number, src: number, from: number, to: number): void {
  for (let at = from - 1; at >= to; at--) bus.store(dst + at, bus.load(src + at, 1))
}
