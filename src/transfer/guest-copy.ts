import type { SectionMap } from '../dispatch/section-map.ts'
import type { BlockMemory } from '../ram/ram-block.ts'
import type { MemTxAttrs } from '../request/attrs.ts'
import { MemTxResult } from '../request/result.ts'
import {
  addressOf,
  aheadOf,
  findOverwrites,
  isKernels,
  isNone,
  type Piece,
  piecesOf,
  type Side,
} from './copy-pieces.ts'
import { pieceSize } from './device-pieces.ts'
import { carryOut, resultOf, type Transfer, transfer } from './transfer.ts'

/** A copy of up to this many bytes goes by way of a buffer, unless kernels alone can do it. */
const SMALL_BYTES = 65536
/** A copy that calls handlers goes by way of a buffer of this many bytes. */
const BUFFER_BYTES = 2 ** 24
/** The most that a copy in several pieces may keep aside at once, bytes. */
const MAX_KEPT_BYTES = 2 ** 30

const NO_BYTES = /* @__PURE__ */ new Uint8Array(0)

/**
 * Copies between two maps, as one read and one write of the whole would (RULES E1; H12, H13).
 *
 * - Where no handler is called, it is copied piece by piece, by kernels as far as the mappings allow. Bytes of the source
 *   that a piece overwrites before they are due are read before that piece is copied. Time follows the bytes that are
 *   accessed: where nothing is on both sides, it is one step.
 * - Up to 64 KiB, and not for kernels alone: by way of a buffer, so that each side is accessed in the widths that its own
 *   alignment allows (H2).
 * - Where handlers are called, by way of a buffer too: nobody can know what memory they touch. What is longer than the
 *   buffer, 16 MiB, is read and written as much at a time.
 *
 * @returns ERROR, and nothing is copied, where more than 1 GiB would have to be kept aside at once, or more than the
 *   `scratchLimit` of a guest RAM that is stored to.
 */
export function copyGuest(
  dstMap: SectionMap,
  dst: number,
  srcMap: SectionMap,
  src: number,
  length: number,
  attrs: MemTxAttrs,
): MemTxResult {
  const pieces = piecesOf(dstMap, dst, srcMap, src, length, attrs)
  if (pieces !== undefined && (length > SMALL_BYTES || (pieces.every(isSimple) && !mayOverlap(pieces)))) {
    return copyPieces(pieces, attrs)
  }
  let result = 0
  for (let done = 0; done < length; ) {
    // A part ends at a multiple of 8 in the region that is read, so that no access to a device is cut in two.
    const { start, offset } = srcMap.select(src + done)
    const size = Math.min(length - done, BUFFER_BYTES - ((offset + (src + done - start)) % 8))
    const bytes = new Uint8Array(size)
    result |= transfer(srcMap, { kind: 'read', bytes, byte: 0 }, src + done, size, attrs)
    result |= transfer(dstMap, { kind: 'write', bytes, byte: 0 }, dst + done, size, attrs)
    done += size
  }
  return result as MemTxResult
}

/** Copies pieces one after the other. */
export function copyPieces(pieces: Piece[], attrs: MemTxAttrs): MemTxResult {
  const limit = pieces.reduce(
    (least, { to }) => Math.min(least, to.section.block?.ram.scratchLimit ?? least),
    MAX_KEPT_BYTES,
  )
  if (mayOverlap(pieces) && findOverwrites(pieces) > limit) return MemTxResult.ERROR
  return pieces.reduce((result, piece) => result | copyPiece(piece, attrs), 0) as MemTxResult
}

/**
 * A lane may copy the piece also where it is all there is to copy. Up to 8 bytes of a device's memory it may not: they could
 * be a register, whose access the lane would split where the other side is not aligned alike (H2).
 */
function isSimple(piece: Piece): boolean {
  const isNormal = ({ section }: Side): boolean => section.region?.cacheMode === 'normal'
  return isKernels(piece) && (piece.length > 8 || (isNormal(piece.to) && isNormal(piece.from)))
}

/** False if no piece can overwrite the source of another, as all that is stored to lies apart from all that is loaded. */
function mayOverlap(pieces: readonly Piece[]): boolean {
  let [dstLow, dstHigh, srcLow, srcHigh] = [Number.POSITIVE_INFINITY, 0, Number.POSITIVE_INFINITY, 0]
  for (const { to, from, length } of pieces) {
    if (!isNone(to)) {
      dstLow = Math.min(dstLow, addressOf(to))
      dstHigh = Math.max(dstHigh, addressOf(to) + length)
    }
    if (!isNone(from)) {
      srcLow = Math.min(srcLow, addressOf(from))
      srcHigh = Math.max(srcHigh, addressOf(from) + length)
    }
  }
  return pieces.length > 1 && dstLow < srcHigh && srcLow < dstHigh
}

function copyPiece(piece: Piece, attrs: MemTxAttrs): number {
  const { to, from, length, overwrites, kept } = piece
  for (const each of overwrites) {
    each.bytes = new Uint8Array(each.end - each.start)
    access({ kind: 'read', bytes: each.bytes, byte: 0 }, each.from, each.start, each.end, attrs)
  }
  if (isNone(to)) return resultOf(to.way) | resultOf(from.way)
  if (isNone(from)) return resultOf(from.way) | access({ kind: 'fill', bytes: NO_BYTES, byte: 0 }, to, 0, length, attrs)
  if (kept.length > 0 || !isKernels(piece)) return copyByTurns(piece, attrs)
  move(piece)
  return MemTxResult.OK
}

/**
 * Copies a piece by way of buffers: some of it is read, then some written, in turns. Where it overwrites its own source, so
 * much is read ahead that no byte is overwritten before it is read.
 */
function copyByTurns(piece: Piece, attrs: MemTxAttrs): number {
  const { to, from, length, kept } = piece
  const ahead = aheadOf(piece)
  const buffers: Uint8Array[] = []
  let result = 0
  for (let written = 0, read = 0; written < length; ) {
    while (read < Math.min(length, written + SMALL_BYTES + ahead)) {
      const end = Math.min(length, read + SMALL_BYTES - ((addressOf(from) + read) % 8))
      const bytes = new Uint8Array(end - read)
      result |= access({ kind: 'read', bytes, byte: 0 }, from, read, end, attrs)
      for (const each of kept) {
        const first = Math.max(each.start, read)
        const last = Math.min(each.end, end)
        if (first < last)
          bytes.set((each.bytes as Uint8Array).subarray(first - each.start, last - each.start), first - read)
      }
      buffers.push(bytes)
      read = end
    }
    const bytes = buffers.shift() as Uint8Array
    result |= access({ kind: 'write', bytes, byte: 0 }, to, written, written + bytes.length, attrs)
    written += bytes.length
  }
  for (const each of kept) each.bytes = undefined
  return result
}

/** Reads, writes or fills a part of one side, in the way and at the sizes that its section wants. */
function access(request: Transfer, side: Side, start: number, end: number, attrs: MemTxAttrs): number {
  const { section, way } = side
  let result = 0
  for (let at = start, size = 0; at < end; at += size) {
    const inside = side.inside + at
    size = end - at
    if (way === 'ops') size = pieceSize(section.device(request.kind !== 'read'), section.offset + inside, size)
    result |= carryOut(request, section, way, inside, at - start, size, attrs)
  }
  return result
}

function move({ to, from, length }: Piece): void {
  const ram = to.section.block?.ram as BlockMemory
  const source = from.section.block?.ram as BlockMemory
  const dst = addressOf(to)
  const src = addressOf(from)
  if (ram.buffer !== source.buffer) ram.lane.copyFrom(dst, source.elements, src, length)
  else if (to.way === 'bulk' && from.way === 'bulk') ram.lane.bulkMove(dst, src, length)
  else ram.lane.move(dst, src, length)
  if (to.section.logs[0] !== 0) to.section.mark(dst, length)
}
