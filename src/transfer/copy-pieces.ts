import { resolveSection } from '../dispatch/resolve.ts'
import type { Section } from '../dispatch/section.ts'
import type { SectionMap } from '../dispatch/section-map.ts'
import { areTwo, identityOf } from '../ram/memory-identity.ts'
import type { BlockMemory } from '../ram/ram-block.ts'
import type { MemTxAttrs } from '../request/attrs.ts'
import { isDirect, next, nextPiece, type Way } from './next-piece.ts'

/** A copy between two maps. */
export interface GuestCopy {
  readonly dstMap: SectionMap
  readonly dst: number
  readonly srcMap: SectionMap
  readonly src: number
  readonly length: number
  readonly attrs: MemTxAttrs
}

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
  /** Which bytes of the copy it is. */
  readonly at: number
  readonly length: number
}

/** No access is made to this side: it reads as zero, and what is written to it is lost. */
export function isNone({ way }: Side): boolean {
  return !isDirect(way) && way !== 'ops'
}

/** Handlers are called, a device's or an IOMMU's: which memory they access is not known. */
export function callsHandlers({ way, section }: Side): boolean {
  return way === 'ops' && !section.memory
}

/** One call of a lane copies the piece. */
export function isKernels({ to, from }: Piece): boolean {
  return isDirect(to.way) && isDirect(from.way) && to.way !== 'cells' && from.way !== 'cells'
}

/** The byte address in guest RAM of a side that is memory. */
export function addressOf({ section, inside }: Side): number {
  return section.base + inside
}

/** The pieces of a copy, in order. No handler is called. */
export function piecesOf({ dstMap, dst, srcMap, src, length, attrs }: GuestCopy): Piece[] {
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
      to = sideAt(dstMap, 'write', dst + at, at, length, attrs)
      toEnd += next.size
    }
    if (at === fromEnd) {
      from = sideAt(srcMap, 'read', src + at, at, length, attrs)
      fromEnd += next.size
    }
    size = Math.min(toEnd, fromEnd) - at
    pieces.push({ to: to as Side, from: from as Side, at, length: size })
  }
  return pieces
}

/** The side at `address`, where byte `at` of a copy of `length` bytes is; how many bytes it goes on is left in `next`. */
function sideAt(
  map: SectionMap,
  kind: 'read' | 'write',
  address: number,
  at: number,
  length: number,
  attrs: MemTxAttrs,
): Side {
  const section = map.select(address)
  const inside = address - section.start
  const way = section.translator
    ? 'ops'
    : nextPiece(kind, resolveSection(map, address, false, attrs), at, length, attrs)
  if (way === 'ops') next.size = Math.min(length - at, section.length - inside)
  return { section, way, inside }
}

/**
 * True if a piece overwrites the source of a later one, or its own, where no kernel minds it: so far as that can be told
 * from the lowest and the highest address that is stored to in each memory. Of what lies behind an IOMMU it can't be told,
 * and may be so.
 */
export function overwriteSources(pieces: readonly Piece[]): boolean {
  const stored: Stored[] = []
  return pieces.some(piece => {
    const { to, from, length } = piece
    const low = addressOf(to)
    const own = { ram: memoryOf(to), low, high: low + length }
    const source = addressOf(from)
    const loaded = memoryOf(from)
    // An IOMMU's null stands for all memory.
    const overwrites = ({ ram, low, high }: Stored): boolean =>
      ram && loaded
        ? low < source + length && source < high && isSameMemory(ram, loaded)
        : ram !== undefined && loaded !== undefined
    if (stored.some(overwrites) || (!isKernels(piece) && overwrites(own))) return true
    const known = stored.find(({ ram }) => ram === own.ram) ?? own
    known.low = Math.min(known.low, low)
    known.high = Math.max(known.high, own.high)
    if (known === own) stored.push(own)
    return false
  })
}

/** Byte addresses of a guest RAM that are stored to, from the lowest to behind the highest. */
interface Stored {
  readonly ram: Memory
  low: number
  high: number
}

/** Whose bytes a side is of: undefined where no memory is accessed, null where it may be any, behind an IOMMU. */
type Memory = BlockMemory | null | undefined

function memoryOf(side: Side): Memory {
  return side.section.translator ? null : isNone(side) ? undefined : side.section.block?.ram
}

/** Two guest RAMs are of the same memory, or nobody can know that they are not. */
function isSameMemory(ram: BlockMemory, other: BlockMemory): boolean {
  return ram.buffer === other.buffer || !areTwo(identityOf(ram.buffer), identityOf(other.buffer))
}
