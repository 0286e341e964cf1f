import { resolved, resolveSection } from '../dispatch/resolve.ts'
import type { Section } from '../dispatch/section.ts'
import type { SectionMap } from '../dispatch/section-map.ts'
import type { MemTxAttrs } from '../request/attrs.ts'
import { MemTxResult } from '../request/result.ts'
import { transfer } from './transfer.ts'

/** What goes by way of a buffer at once, bytes. */
const SOME_BYTES = 65536

/** A part of a copy that is memory on both sides: byte addresses in their guest RAMs. */
interface Piece {
  readonly to: Section
  readonly dst: number
  readonly from: Section
  readonly src: number
  length: number
}

/**
 * Copies between two maps. Where all of it is memory, and none of it is stored to before it is loaded, it is copied piece
 * by piece, each by one kernel. Else it goes by way of a buffer, as `read` and `write` do: what a device gives or takes;
 * pieces that overlap pieces that come later; and memory that must be accessed at fixed widths, where each side is then
 * accessed as its own alignment allows.
 */
export function copyGuest(
  dstMap: SectionMap,
  dst: number,
  srcMap: SectionMap,
  src: number,
  length: number,
  attrs: MemTxAttrs,
): MemTxResult {
  const pieces = memoryPieces(dstMap, dst, srcMap, src, length, attrs)
  const overlap = pieces !== undefined && overlaps(pieces)
  if (pieces !== undefined && (overlap ? pieces.length === 1 : !pieces.some(piece => needsWholeAccess(piece, attrs)))) {
    for (const piece of pieces) copyPiece(piece, attrs)
    return MemTxResult.OK
  }
  let result = 0
  for (let done = 0; done < length; ) {
    // What overlaps is read whole; else some at a time, which ends where no access of a device that gives is cut in two.
    const most = overlap ? length : SOME_BYTES - (offsetOf(srcMap, src + done, attrs) % 8)
    const size = Math.min(length - done, most)
    result |= byBuffer(dstMap, dst + done, srcMap, src + done, size, attrs)
    done += size
  }
  return result as MemTxResult
}

/** The offset in its region of what is read at an address, bytes. */
function offsetOf(map: SectionMap, address: number, attrs: MemTxAttrs): number {
  return resolveSection(map, address, false, attrs).offset + resolved.at
}

/** Undefined where some of it is no memory, or refused. */
function memoryPieces(
  dstMap: SectionMap,
  dst: number,
  srcMap: SectionMap,
  src: number,
  length: number,
  attrs: MemTxAttrs,
): Piece[] | undefined {
  const pieces: Piece[] = []
  for (let done = 0; done < length; ) {
    const from = resolveSection(srcMap, src + done, false, attrs)
    const load = from.base + resolved.at
    const loads = Math.min(from.length - resolved.at, resolved.length)
    const to = resolveSection(dstMap, dst + done, true, attrs)
    const store = to.base + resolved.at
    const stores = Math.min(to.length - resolved.at, resolved.length)
    if (from.strictRead === 'ops' || to.strictWrite === 'ops' || (attrs.memory && !from.memory)) return undefined
    const size = Math.min(length - done, loads, stores)
    const last = pieces[pieces.length - 1]
    if (last?.to === to && last.from === from && last.dst + last.length === store && last.src + last.length === load)
      last.length += size
    else pieces.push({ to, dst: store, from, src: load, length: size })
    done += size
  }
  return pieces
}

/** True if a piece may load what one stores to. */
function overlaps(pieces: readonly Piece[]): boolean {
  // All that is stored to against all that is loaded: pieces are many where they are small, and then seldom overlap.
  const low = { dst: Number.POSITIVE_INFINITY, src: Number.POSITIVE_INFINITY }
  const high = { dst: 0, src: 0 }
  for (const { dst, src, length } of pieces) {
    low.dst = Math.min(low.dst, dst)
    low.src = Math.min(low.src, src)
    high.dst = Math.max(high.dst, dst + length)
    high.src = Math.max(high.src, src + length)
  }
  if (low.dst >= high.src || low.src >= high.dst) return false
  // One piece's destination may be another's source.
  const sources = new Set(pieces.map(({ from }) => from.block?.ram.buffer))
  return pieces.some(({ to }) => sources.has(to.block?.ram.buffer))
}

/**
 * A side bears fixed widths alone, or is a device's and what is copied could be a register: loaded and stored as the other
 * side is aligned, it would be split (H2).
 */
function needsWholeAccess(piece: Piece, attrs: MemTxAttrs): boolean {
  const { to, from, length } = piece
  if (from.route(false, attrs.strict) === 'cells' || to.route(true, attrs.strict) === 'cells') return true
  return length <= 8 && (to.region?.cacheMode !== 'normal' || from.region?.cacheMode !== 'normal')
}

function copyPiece({ to, dst, from, src, length }: Piece, attrs: MemTxAttrs): void {
  const ram = to.block?.ram
  const source = from.block?.ram
  if (ram === undefined || source === undefined) return
  const read = from.route(false, attrs.strict)
  const write = to.route(true, attrs.strict)
  // The stricter mapping of the two says which accesses may be made.
  const lane = read === 'cells' || write === 'cells' ? ram.fixedLane : ram.lane
  if (ram.buffer !== source.buffer) lane.copyIn(dst, source.elements.u8, src, length)
  else if (read === 'bulk' && write === 'bulk') ram.lane.bulkMove(dst, src, length)
  else lane.move(dst, src, length)
  if (to.logs[0] !== 0) to.mark(dst, length)
}

function byBuffer(
  dstMap: SectionMap,
  dst: number,
  srcMap: SectionMap,
  src: number,
  length: number,
  attrs: MemTxAttrs,
): MemTxResult {
  const bytes = new Uint8Array(length)
  const read = transfer(srcMap, { kind: 'read', bytes, byte: 0 }, src, length, attrs)
  return (read | transfer(dstMap, { kind: 'write', bytes, byte: 0 }, dst, length, attrs)) as MemTxResult
}
