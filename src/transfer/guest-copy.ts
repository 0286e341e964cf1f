import type { BlockMemory } from '../ram/ram-block.ts'
import { REJECTING } from '../region/device/rejecting-completer.ts'
import { MemTxResult } from '../request/result.ts'
import {
  addressOf,
  callsHandlers,
  type GuestCopy,
  isKernels,
  isNone,
  overwriteSources,
  type Piece,
  piecesOf,
  type Side,
} from './copy-pieces.ts'
import { endPiece, type Transfer, transfer } from './transfer.ts'

/** A copy of up to this many bytes goes by way of a buffer, unless kernels alone can do it. */
const SMALL_BYTES = 65536
/** A copy that calls handlers goes by way of a buffer of this many bytes. */
const BUFFER_BYTES = 2 ** 24
/** The most that a copy may have whose pieces overwrite the source of others, bytes. */
const MAX_KEPT_BYTES = 2 ** 30

const NO_BYTES = /* @__PURE__ */ new Uint8Array(0)

/**
 * Copies between two maps, as one read and one write of the whole would (RULES E1; H12, H13).
 *
 * - Where no handler is called, it is copied piece by piece, by kernels as far as the mappings allow. Where a piece
 *   overwrites the source of a later one, the whole goes by way of one buffer. Else time follows the bytes that are
 *   accessed: where nothing is on both sides, it is one step.
 * - Up to 64 KiB, and not for kernels alone: by way of a buffer, so that each side is accessed in the widths that its own
 *   alignment allows (H2).
 * - Where handlers are called, by way of a buffer too: nobody can know what memory they touch. What is longer than the
 *   buffer, 16 MiB, is read and written as much at a time, unless a piece overwrites the source of another, or may: what lies
 *   behind an IOMMU may be any memory.
 *
 * @returns ERROR, and nothing is copied, where a buffer for the whole would have more than 1 GiB, or more than 64 KiB and
 *   the `scratchLimit` of a guest RAM that is stored to.
 */
export function copyGuest(copy: GuestCopy): MemTxResult {
  const pieces = piecesOf(copy)
  return copyPieces(copy, pieces, copy.length <= SMALL_BYTES && !pieces.every(isSimple))
}

/** Reads and writes bytes `start` to `end` of a copy, about `most` at a time. */
function copyByTurns(copy: GuestCopy, start: number, end: number, most: number): MemTxResult {
  const { dstMap, dst, srcMap, src } = copy
  let result = 0
  for (let at = start; at < end; ) {
    const from = srcMap.select(src + at)
    const to = dstMap.select(dst + at)
    // A part ends at a multiple of 8 in the region that is read, so that no access of it is cut in two.
    const bytes = new Uint8Array(Math.min(end - at, most - ((from.offset + (src + at - from.start)) % 8)))
    result |= access(copy, 'read', bytes, at) | access(copy, 'write', bytes, at)
    at += bytes.length
    // Where both sides reject all for longer than the buffer, all of it ends as its first part did: a guest may choose 2^53.
    if (from.device(false) === REJECTING && to.device(true) === REJECTING)
      at = Math.max(at, Math.min(end, from.end - src, to.end - dst))
  }
  return result as MemTxResult
}

/** Reads the source, or writes the destination, from byte `at` of a copy on. */
function access(
  { dstMap, dst, srcMap, src, attrs }: GuestCopy,
  kind: Transfer['kind'],
  bytes: Uint8Array,
  at: number,
  length: number = bytes.length,
): MemTxResult {
  const [map, address] = kind === 'read' ? [srcMap, src] : [dstMap, dst]
  return transfer(map, { kind, bytes, byte: 0 }, address + at, length, attrs)
}

/**
 * Copies pieces one after the other; all at once, by way of a buffer, where one overwrites the source of another.
 *
 * @param asOne They are parts of one read and one write, as those are that call handlers.
 */
export function copyPieces(copy: GuestCopy, pieces: readonly Piece[], asOne: boolean): MemTxResult {
  const { length } = copy
  const byTurns = asOne || pieces.some(({ to, from }) => [to, from].some(callsHandlers))
  let result = 0
  // By turns, up to a buffer is read before anything is written, whatever overlaps.
  if ((length > BUFFER_BYTES || !byTurns) && overwriteSources(pieces)) {
    let limit = MAX_KEPT_BYTES
    for (const { to } of pieces) limit = Math.min(limit, to.section.block?.ram.scratchLimit ?? limit)
    return length > Math.max(limit, SMALL_BYTES) ? MemTxResult.ERROR : copyByTurns(copy, 0, length, length + 8)
  }
  if (byTurns) return copyByTurns(copy, 0, length, BUFFER_BYTES)
  for (const piece of pieces) result |= copyPiece(copy, piece)
  return result as MemTxResult
}

/**
 * A lane may copy the piece also where it is all there is to copy. Up to 8 bytes of a device's memory it may not: they could
 * be a register, whose access the lane would split where the other side is not aligned alike (H2).
 */
function isSimple(piece: Piece): boolean {
  const isNormal = ({ section }: Side): boolean => section.region?.cacheMode === 'normal'
  return isKernels(piece) && (piece.length > 8 || (isNormal(piece.to) && isNormal(piece.from)))
}

function copyPiece(copy: GuestCopy, piece: Piece): number {
  const { to, from, at, length } = piece
  if (isNone(to) || isNone(from)) {
    const result = isNone(from) ? endSide(copy, from, length, false) : 0
    return result | (isNone(to) ? endSide(copy, to, length, true) : access(copy, 'fill', NO_BYTES, at, length))
  }
  if (!isKernels(piece)) return copyByTurns(copy, at, at + length, SMALL_BYTES)
  const ram = to.section.block?.ram as BlockMemory
  const source = from.section.block?.ram as BlockMemory
  const dst = addressOf(to)
  const src = addressOf(from)
  if (ram.buffer !== source.buffer) ram.lane.copyFrom(dst, source.elements, src, length)
  else if (to.way === 'bulk' && from.way === 'bulk') ram.lane.bulkMove(dst, src, length)
  else ram.lane.move(dst, src, length)
  if (to.section.logs[0] !== 0) to.section.mark(dst, length)
  return endSide(copy, from, length, false) | endSide(copy, to, length, true)
}

function endSide({ attrs }: GuestCopy, { section, way, inside }: Side, length: number, write: boolean): number {
  return endPiece(section, way, write, inside, length, attrs)
}
