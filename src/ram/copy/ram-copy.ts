import { checkBytes, checkInteger, show } from '../../check.ts'
import { markLogged } from '../dirty/dirty-marks.ts'
import { RamBlock } from '../ram-block.ts'

/** One side of a copy: a RAM block, or a Uint8Array of the user's. */
export type CopySide = RamBlock | Uint8Array

/**
 * Copies bytes in order: the replacement for memcpy (S2, contract in lane.ts: each destination byte stored once,
 * ascending, the last one last; each source byte loaded once). At least one side is a RAM block. Any thread.
 *
 * The pages of a RAM block that it stores to are then marked for the DirtyClients that log a region of the same guest RAM
 * (MemoryRegion.setLog), and where a thread logs all memory; so are those of ramMove, ramFill and writeb to writeq
 * (RULES F2).
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
  // What is right is found so in a few compares, in this function itself: they are seen beside a kilobyte. Only a block
  // has a `ram`, and asking for it costs less than `instanceof`.
  const to = (dst as RamBlock | undefined)?.ram
  if (
    to === undefined ||
    to !== (src as RamBlock | undefined)?.ram ||
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

/** All but two blocks of one guest RAM, and what is wrong. */
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
  else {
    const distance = (dst as RamBlock).offset + dstOffset - (src as RamBlock).offset - srcOffset
    const overlap = distance < length && -distance < length && length > 0
    if (overlap && !mayOverlap && (dst as RamBlock).ram === (src as RamBlock).ram)
      throw new RangeError(
        `dst and src overlap: ${length} bytes at dstOffset ${dstOffset} and srcOffset ${srcOffset}; ramMove moves them`,
      )
    moveChecked(dst, dstOffset, src, srcOffset, length)
  }
}

function copyIn(dst: RamBlock, dstOffset: number, src: Uint8Array, srcOffset: number, length: number): void {
  if (
    src instanceof Uint8Array &&
    length !== 0 &&
    isWithin(dst.size, dstOffset, length) &&
    isWithin(src.length, srcOffset, length)
  ) {
    const { lane, logs, dirty } = dst.ram
    lane.copyIn(dst.offset + dstOffset, src, srcOffset, length)
    if (logs[0] !== 0) markLogged(dirty, dst.offset + dstOffset, length)
  } else moveChecked(dst, dstOffset, src, srcOffset, length)
}

function copyOut(dst: Uint8Array, dstOffset: number, src: RamBlock, srcOffset: number, length: number): void {
  if (
    dst instanceof Uint8Array &&
    length !== 0 &&
    src?.ram !== undefined &&
    isWithin(src.size, srcOffset, length) &&
    isWithin(dst.length, dstOffset, length)
  )
    src.ram.lane.copyOut(dst, dstOffset, src.offset + srcOffset, length)
  else moveChecked(dst, dstOffset, src, srcOffset, length)
}

/**
 * Fills bytes in the same order. For memory that is mapped `normal`, as ramCopy is.
 *
 * @param value 0 to 255.
 */
export function ramFill(dst: RamBlock, offset: number, value: number, length: number): void {
  if (!(dst instanceof RamBlock)) throw new TypeError(`dst must be a RamBlock, got ${show(dst)}`)
  checkRange(dst.size, offset, 'offset', length)
  checkInteger(value, 'value', 0, 255)
  if (length === 0) return
  dst.ram.lane.fill(dst.offset + offset, value, length)
  if (dst.ram.logs[0] !== 0) markLogged(dst.ram.dirty, dst.offset + offset, length)
}

function isWithin(size: number, offset: number, length: number): boolean {
  return offset >>> 0 === offset && length >>> 0 === length && offset + length <= size
}

/** The rest: what is wrong; 2^32 bytes at once; two GuestRams. */
function moveChecked(dst: CopySide, dstOffset: number, src: CopySide, srcOffset: number, length: number): void {
  const dstSize = dst instanceof RamBlock ? dst.size : checkBytes(dst, 'dst').length
  const srcSize = src instanceof RamBlock ? src.size : checkBytes(src, 'src').length
  if (!(dst instanceof RamBlock || src instanceof RamBlock))
    throw new TypeError(`dst or src must be a RamBlock, got ${show(dst)} and ${show(src)}`)
  checkRange(dstSize, dstOffset, 'dstOffset', length)
  checkRange(srcSize, srcOffset, 'srcOffset', length)
  if (length === 0) return
  if (dst instanceof RamBlock) {
    const { lane, buffer, logs, dirty } = dst.ram
    const to = dst.offset + dstOffset
    if (!(src instanceof RamBlock)) lane.copyIn(to, src, srcOffset, length)
    else if (src.ram.buffer === buffer) lane.move(to, src.offset + srcOffset, length)
    // Two guest memories: no kernel reaches both, so one side is a shared buffer like any other.
    else lane.copyIn(to, src.ram.elements.u8, src.offset + srcOffset, length)
    if (logs[0] !== 0) markLogged(dirty, to, length)
  } else if (src instanceof RamBlock) src.ram.lane.copyOut(dst, dstOffset, src.offset + srcOffset, length)
}

function checkRange(size: number, offset: number, argument: string, length: number): void {
  checkInteger(offset, argument, 0, size)
  checkInteger(length, 'length', 0, size - offset)
}
