import { type Views, viewsOf } from '../access/views.ts'

/**
 * Copies between two sets of views whose addresses are equal modulo 8, in plain element stores: ascending, naturally
 * aligned, each byte once. In host order this is the quickest way for what is too short to pass through the stage. It
 * moves 64 bits at a time: engines make one machine access of each such element, though no specification promises it.
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
    const first = at / 8
    const last = first + ((end - at) >>> 3)
    const delta = shift / 8
    // Eight elements a round, indexed from the last of them: the JIT then needs the least arithmetic to check bounds.
    let i = first + 7
    for (; i < last; i += 8) {
      target[i - 7] = source[i + delta - 7] as bigint
      target[i - 6] = source[i + delta - 6] as bigint
      target[i - 5] = source[i + delta - 5] as bigint
      target[i - 4] = source[i + delta - 4] as bigint
      target[i - 3] = source[i + delta - 3] as bigint
      target[i - 2] = source[i + delta - 2] as bigint
      target[i - 1] = source[i + delta - 1] as bigint
      target[i] = source[i + delta] as bigint
    }
    for (i -= 7; i < last; i++) target[i] = source[i + delta] as bigint
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

/**
 * The same for large copies, in host order: the two sides get views that begin at the same element, so that the loop
 * has a single index. It loads and stores in turn, which is quicker for memory than the stage's long runs of either.
 */
export function copyLarge(to: ArrayBufferLike, dst: number, from: ArrayBufferLike, src: number, length: number): void {
  const [ours, theirs] = [viewsOf(to), viewsOf(from)]
  const head = -dst & 7
  const words = 8 * Math.floor((length - head) / 64)
  copyWide(ours, dst, theirs, src, head)
  const target = new BigUint64Array(to, dst + head, words)
  const source = new BigUint64Array(from, src + head, words)
  for (let i = 7; i < words; i += 8) {
    target[i - 7] = source[i - 7] as bigint
    target[i - 6] = source[i - 6] as bigint
    target[i - 5] = source[i - 5] as bigint
    target[i - 4] = source[i - 4] as bigint
    target[i - 3] = source[i - 3] as bigint
    target[i - 2] = source[i - 2] as bigint
    target[i - 1] = source[i - 1] as bigint
    target[i] = source[i] as bigint
  }
  const done = head + 8 * words
  copyWide(ours, dst + done, theirs, src + done, length - done)
}
