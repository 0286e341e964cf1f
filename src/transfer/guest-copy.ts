import type { SectionMap } from '../dispatch/section-map.ts'
import type { BlockMemory } from '../ram/ram-block.ts'
import type { MemTxAttrs } from '../request/attrs.ts'
import { MemTxResult } from '../request/result.ts'
import { addressOf, isKernels, isNone, overwriteSources, type Piece, piecesOf, type Side } from './copy-pieces.ts'
import { pieceSize } from './device-pieces.ts'
import { carryOut, resultOf, type Transfer, transfer } from './transfer.ts'

/** A copy of up to this many bytes goes by way of a buffer, unless kernels alone can do it. */
const SMALL_BYTES = 65536
/** A copy that calls handlers goes by way of a buffer of this many bytes. */
const BUFFER_BYTES = 2 ** 24
/** The most that a copy may keep aside whose pieces overwrite the source of others, bytes. */
const MAX_KEPT_BYTES = 2 ** 30

const NO_BYTES = /* @__PURE__ */ new Uint8Array(0)

/**
 * Copies between two maps, as one read and one write of the whole would (RULES E1; H12, H13).
 *
 * - Where no handler is called, it is copied piece by piece, by kernels as far as the mappings allow. Where a piece
 *   overwrites the source of a later one, all sources are read before anything is stored. Time follows the bytes that
 *   are accessed: where nothing is on both sides, it is one step.
 * - Up to 64 KiB, and not for kernels alone: by way of a buffer, so that each side is accessed in the widths that its own
 *   alignment allows (H2).
 * - Where handlers are called, by way of a buffer too: nobody can know what memory they touch. What is longer than the
 *   buffer, 16 MiB, is read and written as much at a time.
 *
 * @returns ERROR, and nothing is copied, where more than 1 GiB would have to be kept aside, or more than the
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
  if (pieces !== undefined && (length > SMALL_BYTES || (pieces.every(isSimple) && !overwriteSources(pieces))))
    return copyPieces(pieces, attrs)
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
  let result = 0
  const kept: Uint8Array[] = []
  if (overwriteSources(pieces)) {
    let limit = MAX_KEPT_BYTES
    let bytes = 0
    for (const piece of pieces) {
      limit = Math.min(limit, piece.to.section.block?.ram.scratchLimit ?? limit)
      if (!isNone(piece.to) && !isNone(piece.from)) bytes += piece.length
    }
    if (bytes > limit) return MemTxResult.ERROR
    for (const { to, from, length } of pieces) {
      const bytes = new Uint8Array(isNone(to) || isNone(from) ? 0 : length)
      result |= access({ kind: 'read', bytes, byte: 0 }, from, 0, bytes.length, attrs)
      kept.push(bytes)
    }
  }
  return pieces.reduce((all, piece, i) => all | copyPiece(piece, kept[i], attrs), result) as MemTxResult
}

/**
 * A lane may copy the piece also where it is all there is to copy. Up to 8 bytes of a device's memory it may not: they could
 * be a register, whose access the lane would split where the other side is not aligned alike (H2).
 */
function isSimple(piece: Piece): boolean {
  const isNormal = ({ section }: Side): boolean => section.region?.cacheMode === 'normal'
  return isKernels(piece) && (piece.length > 8 || (isNormal(piece.to) && isNormal(piece.from)))
}

/** @param kept The bytes of its source, where they were read before. */
function copyPiece(piece: Piece, kept: Uint8Array | undefined, attrs: MemTxAttrs): number {
  const { to, from, length } = piece
  let result = resultOf(to.way) | resultOf(from.way)
  if (isNone(to)) return result
  if (isNone(from)) return result | access({ kind: 'fill', bytes: NO_BYTES, byte: 0 }, to, 0, length, attrs)
  if (kept === undefined && isKernels(piece)) move(piece)
  else {
    for (let at = 0; at < length; ) {
      // A part ends where no access of the source is cut in two.
      const end = Math.min(length, at + SMALL_BYTES - ((addressOf(from) + at) % 8))
      const bytes = kept ?? new Uint8Array(end - at)
      if (!kept) result |= access({ kind: 'read', bytes, byte: 0 }, from, at, end, attrs)
      result |= access({ kind: 'write', bytes, byte: 0 }, to, at, at + bytes.length, attrs)
      at += bytes.length
    }
  }
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
