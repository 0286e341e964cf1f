import type { SectionMap } from '../dispatch/section-map.ts'
import { type MemTxAttrs, UNSPECIFIED } from '../request/attrs.ts'
import { MemTxResult } from '../request/result.ts'
import { copyGuest } from './guest-copy.ts'

// A DMA engine goes on where it was, and looking its sections up again would cost as much as to copy a kilobyte: each map
// keeps the section that its latest copy went to, and the one that its latest copy came from. They are let go with the map,
// so with a change to it, and with its space.

/**
 * Copies between the sections of the latest copies of two maps, in order; false where that is not what is asked for.
 * Nothing was checked before: all that is no integer differs from the unsigned 32-bit one that is made of it.
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
  // A guest RAM has one lane; one of two others can't reach both.
  if (lane === undefined || lane !== from.reads) return false
  if (typeof dst !== 'number' || typeof src !== 'number' || typeof length !== 'number') return false
  // In 32 bits, from the start: the kernel's first load waits for nothing that takes longer.
  const dstAt = ((dst >>> 0) - to.low) >>> 0
  const srcAt = ((src >>> 0) - from.low) >>> 0
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
    lane.move(to.base + dstAt, from.base + srcAt, size)
    if (to.logs[0] !== 0) to.mark(to.base + dstAt, size)
  }
  return true
}

/** Any other copy; its sections are remembered. */
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
  // What is mapped in another way has rules of its own for what is short: `copyGuest` keeps them.
  if (to.region?.cacheMode === 'normal') dstMap.copiedTo = to
  if (from.region?.cacheMode === 'normal') srcMap.copiedFrom = from
  if (copyOn(dstMap, dst, srcMap, src, length, attrs)) return MemTxResult.OK
  return copyGuest(dstMap, dst, srcMap, src, length, attrs)
}
