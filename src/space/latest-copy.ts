import { MemTxAttrs } from '../request/attrs.ts'
import { MemTxResult } from '../request/result.ts'
import { copyGuest } from './guest-copy.ts'
import type { Section } from './section.ts'
import type { SectionMap } from './section-map.ts'

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
   * True if a copy lies within the same two sections, and is in order. Nothing was checked before, so nothing that is no
   * integer may pass: it differs from itself as an unsigned 32-bit one.
   */
  goesOn(
    dstMap: SectionMap,
    dst: number,
    srcMap: SectionMap | undefined,
    src: number,
    length: number,
    attrs: MemTxAttrs,
  ): boolean {
    const to = this.#to
    const from = this.#from
    if (to === undefined || from === undefined || dstMap !== this.#dstMap || srcMap !== this.#srcMap) return false
    if (typeof dst !== 'number' || typeof src !== 'number' || typeof length !== 'number') return false
    const at = dst - to.start
    const sourceAt = src - from.start
    return (
      at >>> 0 === at &&
      sourceAt >>> 0 === sourceAt &&
      length >>> 0 === length &&
      at + length <= to.length &&
      sourceAt + length <= from.length &&
      attrs === MemTxAttrs.UNSPECIFIED
    )
  }

  /** Such a copy. */
  copy(dst: number, src: number, length: number): MemTxResult {
    const to = this.#to as Section
    const from = this.#from as Section
    if (length > 0) to.lane?.move(to.base + (dst - to.start), from.base + (src - from.start), length)
    return MemTxResult.OK
  }

  /** Any other; its sections are remembered. */
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
    const open = normal && to.strictWrite === 'ordered' && from.strictRead === 'ordered' && to.logged === 0
    if (open && to.block?.ram.buffer === from.block?.ram.buffer) {
      this.#dstMap = dstMap
      this.#srcMap = srcMap
      this.#to = to
      this.#from = from
    }
    return copyGuest(dstMap, dst, srcMap, src, length, attrs)
  }
}
