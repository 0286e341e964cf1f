import { checkBytes, checkInteger, show } from '../check.ts'
import { RamBlock } from './ram-block.ts'

/** One side of a copy: a RAM block, or a Uint8Array of the user's. */
export type CopySide = RamBlock | Uint8Array

/**
 * Copies bytes in order: the replacement for memcpy (S2, contract in lane.ts: each destination byte stored once,
 * ascending, the last one last; each source byte loaded once). At least one side is a RAM block. Any thread.
 *
 * @param dstOffset Offset in `dst`, bytes.
 * @param srcOffset Offset in `src`, bytes.
 * @param length Bytes; 0 does nothing.
 * @throws RangeError where a range leaves its side, or the two overlap (use ramMove).
 */
export function ramCopy(dst: CopySide, dstOffset: number, src: CopySide, srcOffset: number, length: number): void {
  // The way of most copies, for the JIT to inline: two blocks of one guest RAM, apart.
  if (dst instanceof RamBlock && src instanceof RamBlock && dst.ram === src.ram) {
    const to = dst.offset + dstOffset
    const from = src.offset + srcOffset
    if (
      isWithin(dst.size, dstOffset, length) &&
      isWithin(src.size, srcOffset, length) &&
      (to - from >= length || from - to >= length)
    ) {
      dst.ram.lane.move(to, from, length)
      return
    }
  }
  checkSides(dst, dstOffset, src, srcOffset, length)
  if (length === 0) return
  if (overlap(dst, dstOffset, src, srcOffset, length))
    throw new RangeError(
      `dst and src overlap: ${length} bytes at offsets ${dstOffset} and ${srcOffset}; ramMove moves them`,
    )
  transfer(dst, dstOffset, src, srcOffset, length)
}

/**
 * The same for ranges that may overlap: the replacement for memmove, with the same order whichever way they do (H12,
 * H13). Moving n bytes up by d, 0 < d < n, takes min(d, n - d) bytes of scratch.
 *
 * @throws RangeError before it starts, where that is over the guest RAM's `scratchLimit`.
 */
export function ramMove(dst: CopySide, dstOffset: number, src: CopySide, srcOffset: number, length: number): void {
  checkSides(dst, dstOffset, src, srcOffset, length)
  if (length > 0) transfer(dst, dstOffset, src, srcOffset, length)
}

/**
 * Fills bytes in the same order.
 *
 * @param value 0 to 255.
 */
export function ramFill(dst: RamBlock, offset: number, value: number, length: number): void {
  if (!(dst instanceof RamBlock)) throw new TypeError(`dst must be a RamBlock, got ${show(dst)}`)
  checkRange(dst.size, offset, 'offset', length)
  checkInteger(value, 'value', 0, 255)
  if (length > 0) dst.ram.lane.fill(dst.offset + offset, value, length)
}

/** All that can be wrong with the arguments. What is right is found so in a few compares: a small copy costs as much. */
function checkSides(dst: CopySide, dstOffset: number, src: CopySide, srcOffset: number, length: number): void {
  const dstSize = dst instanceof RamBlock ? dst.size : checkBytes(dst, 'dst').length
  const srcSize = src instanceof RamBlock ? src.size : checkBytes(src, 'src').length
  if (!(dst instanceof RamBlock || src instanceof RamBlock))
    throw new TypeError(`dst or src must be a RamBlock, got ${show(dst)} and ${show(src)}`)
  if (!isWithin(dstSize, dstOffset, length)) checkRange(dstSize, dstOffset, 'dstOffset', length)
  if (!isWithin(srcSize, srcOffset, length)) checkRange(srcSize, srcOffset, 'srcOffset', length)
}

function isWithin(size: number, offset: number, length: number): boolean {
  return offset >>> 0 === offset && length >>> 0 === length && offset + length <= size
}

function checkRange(size: number, offset: number, argument: string, length: number): void {
  checkInteger(offset, argument, 0, size)
  checkInteger(length, 'length', 0, size - offset)
}

function overlap(dst: CopySide, dstOffset: number, src: CopySide, srcOffset: number, length: number): boolean {
  if (dst instanceof RamBlock) {
    if (!(src instanceof RamBlock)) return overlapsUser(dst, dstOffset, src, srcOffset, length)
    const distance = dst.offset + dstOffset - src.offset - srcOffset
    return distance < length && -distance < length && dst.ram.buffer === src.ram.buffer
  }
  return src instanceof RamBlock && overlapsUser(src, srcOffset, dst, dstOffset, length)
}

/** Only a view of the guest RAM itself overlaps it. */
function overlapsUser(block: RamBlock, offset: number, user: Uint8Array, at: number, length: number): boolean {
  const start = block.ram.lane.guestAddress(user)
  return start >= 0 && Math.abs(block.offset + offset - start - at) < length
}

function transfer(dst: CopySide, dstOffset: number, src: CopySide, srcOffset: number, length: number): void {
  if (dst instanceof RamBlock) {
    const { ram } = dst
    const to = dst.offset + dstOffset
    if (!(src instanceof RamBlock)) ram.lane.copyIn(to, src, srcOffset, length)
    else if (src.ram === ram || src.ram.buffer === ram.buffer) ram.lane.move(to, src.offset + srcOffset, length)
    // Two guest memories: no kernel reaches both, so one side is a shared buffer like any other.
    else ram.lane.copyIn(to, src.ram.elements.u8, src.offset + srcOffset, length)
  } else if (src instanceof RamBlock) src.ram.lane.copyOut(dst, dstOffset, src.offset + srcOffset, length)
}
