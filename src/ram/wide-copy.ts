import type { Views } from './views.ts'

/**
 * Copies between two sets of views whose addresses are equal modulo 8, in plain element stores: ascending, naturally
 * aligned, each byte once. The host order's quickest way for what is too short to pass through the stage; 64 bits at a
 * time, which engines make one machine access of, though no specification promises it.
 */
export function copyWide(to: Views, dst: number, from: Views, src: number, length: number): void {
  const end = dst + length
  const shift = src - dst
  let at = dst
  if ((at & 7) !== 0) {
    if ((at & 1) !== 0 && end - at >= 1) {
      to.u8[at] = from.u8[at + shift] as number
      at += 1
    }
    if ((at & 2) !== 0 && (at & 1) === 0 && end - at >= 2) {
      to.u16[at >>> 1] = from.u16[(at + shift) >>> 1] as number
      at += 2
    }
    if ((at & 4) !== 0 && (at & 3) === 0 && end - at >= 4) {
      to.u32[at >>> 2] = from.u32[(at + shift) >>> 2] as number
      at += 4
    }
  }
  if ((at & 7) === 0) {
    const { u64: target } = to
    const { u64: source } = from
    let i = at / 8
    let j = (at + shift) / 8
    const last = i + ((end - at) >>> 3)
    // By fours: the JIT checks bounds for each element, but counts once.
    for (; i + 4 <= last; i += 4, j += 4) {
      target[i] = source[j] as bigint
      target[i + 1] = source[j + 1] as bigint
      target[i + 2] = source[j + 2] as bigint
      target[i + 3] = source[j + 3] as bigint
    }
    for (; i < last; i++, j++) target[i] = source[j] as bigint
    at = last * 8
  }
  if (end - at >= 4) {
    to.u32[at >>> 2] = from.u32[(at + shift) >>> 2] as number
    at += 4
  }
  if (end - at >= 2) {
    to.u16[at >>> 1] = from.u16[(at + shift) >>> 1] as number
    at += 2
  }
  if (end > at) to.u8[at] = from.u8[at + shift] as number
}
