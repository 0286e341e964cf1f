import type { SectionMap } from '../dispatch/section-map.ts'
import { type MemTxAttrs, UNSPECIFIED } from '../request/attrs.ts'
import { MemTxResult } from '../request/result.ts'
import { copyGuest } from './guest-copy.ts'

// A DMA engine mostly copies from and to where it did before, and to look the two sections up again would cost as much as
// to copy a kilobyte. So each map remembers the section that its latest copy went to, and the one that its latest copy came
// from. It is the maps that hold them, and no space: what a map shows can be freed as soon as no space has that map.

/**
 * Copies between the two sections that the maps remember, in order.
 *
 * @returns False, and nothing is done, where the copy is another one. Its arguments need not be checked before: a value that
 *   is not an integer differs from the unsigned integer of 32 bits that is made of it here, and so is left to `copyAnew`.
 */
export function copyOn(
  dstMap: SectionMap,
  dst: number | bigint,
  srcMap: SectionMap,
  src: number | bigint,
  length: number | bigint,
  attrs: MemTxAttrs | undefined,
): boolean {
  const to = dstMap.copiedTo
  const from = srcMap.copiedFrom
  const lane = to.writes
  // Each guest RAM has one lane, and a lane reaches the bytes of its own guest RAM only: both sections must have the same.
  if (lane === undefined || lane !== from.reads) return false
  if (typeof dst !== 'number' || typeof src !== 'number' || typeof length !== 'number') return false
  // Computed in 32 bits, which takes the least time: the kernel's first load waits for the result.
  const dstAt = ((dst >>> 0) - to.start32) >>> 0
  const srcAt = ((src >>> 0) - from.start32) >>> 0
  const size = length >>> 0
  if (
    dstAt + to.start !== dst ||
    srcAt + from.start !== src ||
    size !== length ||
    dstAt + size > to.length ||
    srcAt + size > from.length ||
    (attrs !== undefined && attrs !== UNSPECIFIED)
  )
    return false
  if (size > 0) {
    lane.move((to.base + dstAt) >>> 0, (from.base + srcAt) >>> 0, size)
    if (to.logs[0] !== 0) to.mark(to.base + dstAt, size)
  }
  return true
}

/** Any copy. Its sections are remembered. */
export function copyAnew(
  dstMap: SectionMap,
  dst: number,
  srcMap: SectionMap,
  src: number,
  length: number,
  attrs: MemTxAttrs,
): MemTxResult {
  const to = dstMap.select(dst)
  const from = srcMap.select(src)
  // A short copy of memory that is mapped in another way may have to be made in other widths: `copyGuest` sees to it.
  if (to.region?.cacheMode === 'normal') dstMap.copiedTo = to
  if (from.region?.cacheMode === 'normal') srcMap.copiedFrom = from
  if (copyOn(dstMap, dst, srcMap, src, length, attrs)) return MemTxResult.OK
  return copyGuest({ dstMap, dst, srcMap, src, length, attrs })
}
