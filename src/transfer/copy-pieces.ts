import { resolved, resolveSection } from '../dispatch/resolve.ts'
import type { Section } from '../dispatch/section.ts'
import type { SectionMap } from '../dispatch/section-map.ts'
import { scratchBytes } from '../ram/copy/lane.ts'
import { areTwo, identityOf } from '../ram/memory-identity.ts'
import type { MemTxAttrs } from '../request/attrs.ts'
import { isDirect, next, nextPiece, type Way } from './next-piece.ts'

/** One of the two sides of a piece: what it is read from, or what it is written to. */
export interface Side {
  readonly section: Section
  readonly way: Way
  /** Where it begins in the section, bytes. */
  readonly inside: number
}

/** A part of a copy. Each of its sides is memory that is accessed in one way, or is not accessed at all (`isNone`). */
export interface Piece {
  readonly to: Side
  readonly from: Side
  /** Bytes. */
  readonly length: number
  /** What this piece overwrites of the source of later pieces: it is read before this piece is copied. */
  readonly overwrites: Kept[]
  /** What earlier pieces overwrite of the source of this piece. No two of them have bytes in common. */
  readonly kept: Kept[]
}

/** Bytes of the source of a piece that are read before they are due, and kept until then. */
export interface Kept {
  readonly from: Side
  /** Where they begin in the piece, bytes. */
  readonly start: number
  readonly end: number
  bytes: Uint8Array | undefined
}

/** No access is made to this side: it reads as zero, and what is written to it is lost. */
export function isNone({ way }: Side): boolean {
  return !isDirect(way) && way !== 'ops'
}

/** One call of a lane copies the piece. */
export function isKernels({ to, from }: Piece): boolean {
  return isDirect(to.way) && isDirect(from.way) && to.way !== 'cells' && from.way !== 'cells'
}

/** The byte address in guest RAM of a side that is memory. */
export function addressOf({ section, inside }: Side): number {
  return section.base + inside
}

/** The pieces of a copy, in order. Undefined where handlers would be called, a device's or an IOMMU's. */
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
  // How many bytes of the copy lie before the end of each of the two.
  let toEnd = 0
  let fromEnd = 0
  for (let at = 0, size = 0; at < length; at += size) {
    to = to && { ...to, inside: to.inside + size }
    from = from && { ...from, inside: from.inside + size }
    if (at === toEnd) {
      to = sideAt(dstMap, 'write', dst, at, length, attrs)
      toEnd += next.size
    }
    if (at === fromEnd) {
      from = sideAt(srcMap, 'read', src, at, length, attrs)
      fromEnd += next.size
    }
    if (to === undefined || from === undefined) return undefined
    size = Math.min(toEnd, fromEnd) - at
    pieces.push({ to, from, length: size, overwrites: [], kept: [] })
  }
  return pieces
}

/** The side at byte `at` of a copy of `length` bytes; how many bytes it goes on is left in `next`. */
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
 * Finds what pieces overwrite of the source of later pieces. What a piece overwrites of its own source is minded when it is
 * copied.
 *
 * @returns The most bytes that have to be kept aside at once.
 */
export function findOverwrites(pieces: readonly Piece[]): number {
  let most = 0
  let now = 0
  for (const [i, piece] of pieces.entries()) {
    if (isNone(piece.to)) continue
    for (let j = i + 1; j < pieces.length; j++) {
      const later = pieces[j] as Piece
      if (isNone(later.from) || !isSameMemory(piece.to.section, later.from.section)) continue
      const ahead = addressOf(piece.to) - addressOf(later.from)
      // What an earlier piece overwrites is kept already.
      let parts = [[Math.max(ahead, 0), Math.min(ahead + piece.length, later.length)] as const]
      for (const { start, end } of later.kept)
        parts = parts.flatMap(([first, last]) => [
          [first, Math.min(last, start)] as const,
          [Math.max(first, end), last] as const,
        ])
      for (const [start, end] of parts) {
        if (start >= end) continue
        const kept: Kept = { from: later.from, start, end, bytes: undefined }
        piece.overwrites.push(kept)
        later.kept.push(kept)
        now += end - start
      }
    }
    const isByKernel = isKernels(piece) && piece.kept.length === 0
    most = Math.max(most, now + (isByKernel ? scratchBytes(climbOf(piece), piece.length) : aheadOf(piece)))
    for (const { start, end } of piece.kept) now -= end - start
  }
  return most
}

/** How many bytes ahead of what it stores a piece has to be read, so that it overwrites none before it is read. */
export function aheadOf(piece: Piece): number {
  const climb = climbOf(piece)
  return climb > 0 && climb < piece.length ? climb : 0
}

/** How far a piece lies above its source, bytes; 0 where they are two memories, or one of them is none. */
function climbOf({ to, from }: Piece): number {
  if (isNone(to) || isNone(from) || !isSameMemory(to.section, from.section)) return 0
  return addressOf(to) - addressOf(from)
}

/** Two sections are of the same memory, or nobody can know that they are not. */
function isSameMemory(a: Section, b: Section): boolean {
  const buffer = a.block?.ram.buffer
  const other = b.block?.ram.buffer
  return buffer === other || !areTwo(identityOf(buffer), identityOf(other))
}
