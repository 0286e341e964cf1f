import { resolved, resolveSection } from '../dispatch/resolve.ts'
import type { Section } from '../dispatch/section.ts'
import type { SectionMap } from '../dispatch/section-map.ts'
import type { MemTxAttrs } from '../request/attrs.ts'
import { isDirect, next, nextPiece, type Way } from './next-piece.ts'

/** What is memory that no kernel copies is copied by way of a buffer of so many bytes. */
const BUFFER_BYTES = 2 ** 20

/** Where a piece is read from, or written to. */
export interface Side {
  readonly section: Section
  readonly way: Way
  /** Where it begins in the section, bytes. */
  readonly inside: number
}

/** A part of a copy that is memory, or nothing that is accessed, on either side. */
export interface Piece {
  readonly to: Side
  readonly from: Side
  /** Bytes. */
  readonly length: number
  /** Pieces of which it overwrites the source before they are copied: theirs is read before, and kept until then. */
  readonly overwrites: Piece[]
  kept: Uint8Array | undefined
}

/** No access is made: what is read is zero, and what is written is lost. */
export function isNone({ way }: Side): boolean {
  return !isDirect(way) && way !== 'ops'
}

/** A kernel copies from one to the other. */
export function isKernels({ to, from }: Piece): boolean {
  return isDirect(to.way) && isDirect(from.way) && to.way !== 'cells' && from.way !== 'cells'
}

/** The byte address in guest RAM of what is not none. */
export function addressOf({ section, inside }: Side): number {
  return section.base + inside
}

/** Undefined where handlers would be called, of a device or of an IOMMU. */
export function piecesOf(
  dstMap: SectionMap,
  dst: number,
  srcMap: SectionMap,
  src: number,
  length: number,
  attrs: MemTxAttrs,
): Piece[] | undefined {
  const pieces: Piece[] = []
  let to: Side | undefined
  let from: Side | undefined
  // Where each of the two ends, in bytes of the copy.
  let toEnd = 0
  let fromEnd = 0
  for (let at = 0; at < length; ) {
    if (at === toEnd) {
      to = sideAt(dstMap, 'write', dst, at, length, attrs)
      toEnd += next.size
    }
    if (at === fromEnd) {
      from = sideAt(srcMap, 'read', src, at, length, attrs)
      fromEnd += next.size
    }
    if (to === undefined || from === undefined) return undefined
    const piece: Piece = { to, from, length: Math.min(toEnd, fromEnd) - at, overwrites: [], kept: undefined }
    const most = isNone(to) || isNone(from) || isKernels(piece) ? piece.length : BUFFER_BYTES - (addressOf(to) & 7)
    const first = piece.length > most ? cut(piece, 0, most) : piece
    pieces.push(first)
    at += first.length
    to = { ...to, inside: to.inside + first.length }
    from = { ...from, inside: from.inside + first.length }
  }
  return pieces
}

/** Its size is left in `next`. */
function sideAt(
  map: SectionMap,
  kind: 'read' | 'write',
  address: number,
  at: number,
  length: number,
  attrs: MemTxAttrs,
): Side | undefined {
  if (map.select(address + at).translator !== undefined) return undefined
  const section = resolveSection(map, address + at, kind === 'write', attrs)
  const inside = resolved.at
  const way = nextPiece(kind, section, at, length, attrs)
  if (way === 'ops') {
    if (!section.memory) return undefined
    next.size = Math.min(length - at, section.length - inside)
  }
  return { section, way, inside }
}

/**
 * Finds which pieces overwrite the source of later ones, and cuts those where that begins and ends.
 *
 * @returns The most bytes that are kept at once.
 */
export function findOverwrites(pieces: Piece[]): number {
  const kept = new Set<Piece>()
  let most = 0
  let now = 0
  for (let i = 0; i < pieces.length; i++) {
    const piece = pieces[i] as Piece
    if (isNone(piece.to)) continue
    const start = addressOf(piece.to)
    for (let j = i + 1; j < pieces.length; j++) {
      const later = pieces[j] as Piece
      if (isNone(later.from) || kept.has(later) || !isSameMemory(piece.to.section, later.from.section)) continue
      const source = addressOf(later.from)
      const first = Math.max(start - source, 0)
      const end = Math.min(start + piece.length - source, later.length)
      if (first >= end) continue
      const middle = cut(later, first, end)
      const parts = [cut(later, 0, first), middle, cut(later, end, later.length)].filter(part => part.length > 0)
      pieces.splice(j, 1, ...parts)
      piece.overwrites.push(middle)
      kept.add(middle)
      now += middle.length
    }
    most = Math.max(most, now)
    if (kept.has(piece)) now -= piece.length
  }
  return most
}

/** The part of a piece from one of its bytes to another; nobody overwrites it yet. */
function cut({ to, from }: Piece, start: number, end: number): Piece {
  const part = (side: Side): Side => ({ ...side, inside: side.inside + start })
  return { to: part(to), from: part(from), length: end - start, overwrites: [], kept: undefined }
}

/** Two sections of memory may show the same bytes. */
export function isSameMemory(a: Section, b: Section): boolean {
  return a.block?.ram.buffer === b.block?.ram.buffer
}
