import { checkBytes, checkInteger, show } from '../../check.ts'
import { markLogged } from '../dirty/dirty-marks.ts'
import { checkBlock, isBlock, type MaybeBlock, type RamBlock, SELF, showNearBlock } from '../ram-block.ts'

/** One side of a copy: a RAM block, or a Uint8Array of the user's. */
export type CopySide = RamBlock | Uint8Array

/**
 * Copies bytes in order: the replacement for memcpy (S2, contract in lane.ts: each destination byte stored once,
 * ascending, the last one last; each source byte loaded once). At least one side is a RAM block. Any thread.
 *
 * The pages of a RAM block that it stores to are then marked for the DirtyClients that log a region of the same guest
 * RAM (MemoryRegion.setLog), and where a thread logs all memory; so are those of ramMove, ramFill and writeb to
 * writeq (RULES F2).
 *
 * Blocks are taken for memory that is mapped `normal`, by ramMove and ramFill too: loads may be unaligned, and vectors
 * are used. What is mapped otherwise may bear neither outside x86 (H6): it is copied by AddressSpace, which knows its
 * region's cacheMode.
 *
 * @param dstOffset Offset in `dst`, bytes.
 * @param srcOffset Offset in `src`, bytes.
 * @param length Bytes; 0 does nothing.
 * @throws RangeError where a range leaves its side, or the ranges of two blocks overlap (use ramMove).
 */
export function ramCopy(dst: CopySide, dstOffset: number, src: CopySide, srcOffset: number, length: number): void {
  // The checks of a copy between two blocks are few and made in this function itself, because they take a noticeable
  // part of a copy of up to a kilobyte. Only blocks have a `ram`; to ask an array for one takes less than
  // `instanceof`.
  const to = (dst as RamBlock | undefined)?.ram
  if (
    to === undefined ||
    to !== (src as RamBlock | undefined)?.ram ||
    (dst as MaybeBlock)[SELF] !== dst ||
    (src as MaybeBlock)[SELF] !== src ||
    (dst as RamBlock).freed ||
    (src as RamBlock).freed ||
    typeof dstOffset !== 'number' ||
    typeof srcOffset !== 'number' ||
    typeof length !== 'number' ||
    dstOffset >>> 0 !== dstOffset ||
    srcOffset >>> 0 !== srcOffset ||
    length >>> 0 !== length ||
    dstOffset + length > (dst as RamBlock).size ||
    srcOffset + length > (src as RamBlock).size
  ) {
    moveOther(dst, dstOffset, src, srcOffset, length, false)
    return
  }
  const dstAt = (dst as RamBlock).offset + dstOffset
  const srcAt = (src as RamBlock).offset + srcOffset
  if (dstAt + length > srcAt && srcAt + length > dstAt) moveOther(dst, dstOffset, src, srcOffset, length, false)
  else {
    to.lane.copy(dstAt, srcAt, length)
    // Not before: the log of another thread may begin meanwhile, and its first copy load bytes that are stored later.
    if (to.logs[0] !== 0) markLogged(to.dirty, dstAt, length)
  }
}

/**
 * The same for ranges that may overlap: the replacement for memmove, with the same order whichever way they do (H12,
 * H13). Moving n bytes up by d, 0 < d < n, takes min(d, n - d) bytes of scratch.
 *
 * @throws RangeError before it starts, where that is over the guest RAM's `scratchLimit`.
 */
export function ramMove(dst: CopySide, dstOffset: number, src: CopySide, srcOffset: number, length: number): void {
  const to = (dst as RamBlock | undefined)?.ram
  if (
    to === undefined ||
    to !== (src as RamBlock | undefined)?.ram ||
    (dst as MaybeBlock)[SELF] !== dst ||
    (src as MaybeBlock)[SELF] !== src ||
    (dst as RamBlock).freed ||
    (src as RamBlock).freed ||
    !isWithin((dst as RamBlock).size, dstOffset, length) ||
    !isWithin((src as RamBlock).size, srcOffset, length)
  )
    moveOther(dst, dstOffset, src, srcOffset, length, true)
  else {
    const dstAt = (dst as RamBlock).offset + dstOffset
    to.lane.move(dstAt, (src as RamBlock).offset + srcOffset, length)
    if (to.logs[0] !== 0) markLogged(to.dirty, dstAt, length)
  }
}

/** Copies that are not between two blocks of one guest RAM, and those with an argument that is wrong. */
function moveOther(
  dst: CopySide,
  dstOffset: number,
  src: CopySide,
  srcOffset: number,
  length: number,
  mayOverlap: boolean,
): void {
  if ((dst as RamBlock | undefined)?.ram === undefined)
    copyOut(dst as Uint8Array, dstOffset, src as RamBlock, srcOffset, length)
  else if ((src as RamBlock | undefined)?.ram === undefined)
    copyIn(dst as RamBlock, dstOffset, src as Uint8Array, srcOffset, length)
  else moveChecked(dst, dstOffset, src, srcOffset, length, mayOverlap)
}

// Whether an array has the last byte of a range is seen by loading that: elements are the engine's own, while a
// subclass may give any `length`.

function copyIn(dst: RamBlock, dstOffset: number, src: Uint8Array, srcOffset: number, length: number): void {
  if (
    ArrayBuffer.isView(src) &&
    src instanceof Uint8Array &&
    length !== 0 &&
    isBlock(dst) &&
    isWithin(dst.size, dstOffset, length) &&
    isIndex(srcOffset) &&
    src[srcOffset + length - 1] !== undefined
  ) {
    const { lane, logs, dirty } = dst.ram
    lane.copyIn(dst.offset + dstOffset, src, srcOffset, length)
    if (logs[0] !== 0) markLogged(dirty, dst.offset + dstOffset, length)
  } else moveChecked(dst, dstOffset, src, srcOffset, length, true)
}

function copyOut(dst: Uint8Array, dstOffset: number, src: RamBlock, srcOffset: number, length: number): void {
  if (
    ArrayBuffer.isView(dst) &&
    dst instanceof Uint8Array &&
    length !== 0 &&
    isBlock(src) &&
    isWithin(src.size, srcOffset, length) &&
    isIndex(dstOffset) &&
    dst[dstOffset + length - 1] !== undefined
  )
    src.ram.lane.copyOut(dst, dstOffset, src.offset + srcOffset, length)
  else moveChecked(dst, dstOffset, src, srcOffset, length, true)
}

/**
 * Fills bytes in the same order. For memory that is mapped `normal`, as ramCopy is.
 *
 * @param value 0 to 255.
 */
export function ramFill(dst: RamBlock, offset: number, value: number, length: number): void {
  checkRange(checkBlock(dst, 'dst').size, offset, 'offset', length)
  checkInteger(value, 'value', 0, 255)
  if (length === 0) return
  dst.ram.lane.fill(dst.offset + offset, value, length)
  if (dst.ram.logs[0] !== 0) markLogged(dst.ram.dirty, dst.offset + offset, length)
}

function isWithin(size: number, offset: number, length: number): boolean {
  return isIndex(offset) && isIndex(length) && offset + length <= size
}

/** An integer from 0 to 2^32 - 1; a shift of what is no number would convert it, or throw. */
function isIndex(value: number): boolean {
  return typeof value === 'number' && value >>> 0 === value
}

/** Checks everything, and copies what the short ways leave: 2^32 bytes at once, and between two GuestRams. */
function moveChecked(
  dst: CopySide,
  dstOffset: number,
  src: CopySide,
  srcOffset: number,
  length: number,
  mayOverlap: boolean,
): void {
  const dstSize = sizeOf(dst, 'dst')
  const srcSize = sizeOf(src, 'src')
  if (!(isBlock(dst) || isBlock(src)))
    throw new TypeError(`dst or src must be a RamBlock, got ${show(dst)} and ${show(src)}`)
  checkRange(dstSize, dstOffset, 'dstOffset', length)
  checkRange(srcSize, srcOffset, 'srcOffset', length)
  if (length === 0) return
  if (isBlock(dst)) {
    const { lane, buffer, logs, dirty } = dst.ram
    const to = dst.offset + dstOffset
    if (!isBlock(src)) lane.copyIn(to, src, srcOffset, length)
    else {
      const from = src.offset + srcOffset
      const overlap = src.ram.buffer === buffer && to - from < length && from - to < length
      if (overlap && !mayOverlap)
        throw new RangeError(
          `dst and src overlap: ${length} bytes at dstOffset ${dstOffset} and srcOffset ${srcOffset}; ramMove moves them`,
        )
      if (src.ram.buffer === buffer) lane.move(to, from, length)
      else lane.copyFrom(to, src.ram.elements, from, length)
    }
    if (logs[0] !== 0) markLogged(dirty, to, length)
  } else if (isBlock(src)) src.ram.lane.copyOut(dst, dstOffset, src.offset + srcOffset, length)
}

function sizeOf(side: CopySide, argument: string): number {
  return isBlock(side) ? side.size : bytesOf(side, argument).length
}

function bytesOf(side: CopySide, argument: string): Uint8Array {
  try {
    return checkBytes(side, argument)
  } catch (error) {
    const near = showNearBlock(side)
    throw near === undefined ? error : new TypeError(`${argument} must be a RamBlock or a Uint8Array, got ${near}`)
  }
}

function checkRange(size: number, offset: number, argument: string, length: number): void {
  checkInteger(offset, argument, 0, size)
  checkInteger(length, 'length', 0, size - offset)
}
