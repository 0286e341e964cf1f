import type { SectionMap } from '../dispatch/section-map.ts'
import type { BlockMemory } from '../ram/ram-block.ts'
import type { MemTxAttrs } from '../request/attrs.ts'
import { MemTxResult } from '../request/result.ts'
import { addressOf, findOverwrites, isKernels, isNone, type Piece, piecesOf, type Side } from './copy-pieces.ts'
import { pieceSize } from './device-pieces.ts'
import { carryOut, resultOf, type Transfer, transfer } from './transfer.ts'

/** Up to here a copy goes by way of a buffer, where it is not for kernels alone, bytes. */
const SMALL_BYTES = 65536
/** What calls handlers goes by way of a buffer of this many bytes. */
const BUFFER_BYTES = 2 ** 24
/** The most that is kept aside of a copy that overlaps in several pieces, bytes. */
const MAX_KEPT_BYTES = 2 ** 30

const NO_BYTES = /* @__PURE__ */ new Uint8Array(0)

/**
 * Copies between two maps, as one read and one write of the whole would (RULES E1; H12, H13).
 *
 * Where all of it is memory, or nothing, it is copied piece by piece, each by a kernel where that can be: what a piece
 * overwrites of a later one's source is read before. What is short, and not for kernels alone, goes by way of a buffer, for
 * each side to be accessed as its own alignment allows (H2). So does what calls handlers: nobody knows what those touch. Of
 * what calls handlers and is longer than the buffer, as much at a time is read and written.
 *
 * @returns ERROR, and nothing is copied, where more would have to be kept aside than 1 GiB, or than the `scratchLimit` of a
 *   guest RAM that is stored to.
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
    // It ends where no access of a device that is read is cut in two.
    const { start, offset } = srcMap.select(src + done)
    const size = Math.min(length - done, BUFFER_BYTES - ((offset + (src + done - start)) % 8))
    const bytes = new Uint8Array(size)
    result |= transfer(srcMap, { kind: 'read', bytes, byte: 0 }, src + done, size, attrs)
    result |= transfer(dstMap, { kind: 'write', bytes, byte: 0 }, dst + done, size, attrs)
    done += size
  }
  return result as MemTxResult
}

/** Copies pieces in order: what one overwrites of a later one's source is read before. */
export function copyPieces(pieces: Piece[], attrs: MemTxAttrs): MemTxResult {
  const limit = pieces.reduce(
    (least, { to }) => Math.min(least, to.section.block?.ram.scratchLimit ?? least),
    MAX_KEPT_BYTES,
  )
  if (mayOverlap(pieces) && findOverwrites(pieces) > limit) return MemTxResult.ERROR
  return pieces.reduce((result, piece) => result | copyPiece(piece, attrs), 0) as MemTxResult
}

/** For a kernel; but in a device's memory what is short could be a register, and be split as the other side is aligned. */
function isSimple(piece: Piece): boolean {
  const isNormal = ({ section }: Side): boolean => section.region?.cacheMode === 'normal'
  return isKernels(piece) && (piece.length > 8 || (isNormal(piece.to) && isNormal(piece.from)))
}

/** True if a piece may overwrite the source of another one: all that is stored to, against all that is loaded. */
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
  for (const later of overwrites) {
    later.kept = new Uint8Array(later.length)
    access({ kind: 'read', bytes: later.kept, byte: 0 }, later.from, later.length, attrs)
  }
  if (isNone(to)) return resultOf(to.way) | resultOf(from.way)
  if (isNone(from)) return resultOf(from.way) | access({ kind: 'fill', bytes: NO_BYTES, byte: 0 }, to, length, attrs)
  if (kept === undefined && isKernels(piece)) {
    move(piece)
    return MemTxResult.OK
  }
  const bytes = kept ?? new Uint8Array(length)
  const read = kept ? MemTxResult.OK : access({ kind: 'read', bytes, byte: 0 }, from, length, attrs)
  piece.kept = undefined
  return read | access({ kind: 'write', bytes, byte: 0 }, to, length, attrs)
}

/** One side of a piece, by the way of its section. */
function access(request: Transfer, { section, way, inside }: Side, length: number, attrs: MemTxAttrs): number {
  let result = 0
  for (let at = 0, size = length; at < length; at += size) {
    size = length - at
    if (way === 'ops') size = pieceSize(section.device(request.kind !== 'read'), section.offset + inside + at, size)
    result |= carryOut(request, section, way, inside + at, at, size, attrs)
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
