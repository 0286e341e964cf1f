import type { Section } from '../dispatch/section.ts'
import type { SectionMap } from '../dispatch/section-map.ts'
import { type MemTxAttrs, UNSPECIFIED } from '../request/attrs.ts'
import type { MemTxResult } from '../request/result.ts'
import { copyGuest } from './guest-copy.ts'

/**
 * The sections of a space's latest copy, where both are normal memory of one guest RAM: a DMA engine goes on where it
 * was, and looking them up again would cost as much as to copy a kilobyte.
 */
export class LatestCopy {
  #dstMap: SectionMap | undefined
  #srcMap: SectionMap | undefined
  #to: Section | undefined
  #from: Section | undefined

  /**
   * Copies within the same two sections, in order; false where that is not what is asked for. Nothing was checked before,
   * so nothing that is no integer may pass: it differs from the unsigned 32-bit one that is made of it.
   */
  goOn(
    dstMap: SectionMap,
    dst: number | bigint,
    srcMap: SectionMap | undefined,
    src: number | bigint,
    length: number | bigint,
    attrs: MemTxAttrs | undefined,
  ): boolean {
    if (dstMap !== this.#dstMap || srcMap !== this.#srcMap) return false
    if (typeof dst !== 'number' || typeof src !== 'number' || typeof length !== 'number') return false
    const to = this.#to as Section
    const from = this.#from as Section
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
      to.writes?.move(to.base + dstAt, from.base + srcAt, size)
      if (to.logs[0] !== 0) to.mark(to.base + dstAt, size)
    }
    return true
  }

  /** Any other copy; its sections are remembered. */
  find(
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
    const normal = to.region?.cacheMode === 'normal' && from.region?.cacheMode === 'normal'
    if (
      normal &&
      to.writes !== undefined &&
      from.reads !== undefined &&
      to.block?.ram.buffer === from.block?.ram.buffer
    ) {
      this.#dstMap = dstMap
      this.#srcMap = srcMap
      this.#to = to
      this.#from = from
    }
    return copyGuest(dstMap, dst, srcMap, src, length, attrs)
  }
}
