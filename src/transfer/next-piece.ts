import { resolved } from '../dispatch/resolve.ts'
import type { Section } from '../dispatch/section.ts'
import { REJECTING } from '../region/device/rejecting-completer.ts'
import type { MemTxAttrs } from '../request/attrs.ts'
import type { Route } from '../request/route.ts'
import { pieceSize, rejectedSize } from './device-pieces.ts'

/** QEMU fills through a pattern of this many bytes, so pieces that are not direct end at its multiples (RULES E11). */
export const FILL_PATTERN_BYTES = 512

/**
 * What becomes of a piece of a request: the way of a Route, or no access at all. `refused`: it is for memory alone, and this
 * is none (RULES E8). `rejected`: nothing is there, or nothing that takes it (E5). `zero`: a read of memory that is not
 * allocated yet.
 */
export type Way = Route | 'refused' | 'rejected' | 'zero'

/** The bytes of guest RAM are accessed themselves, and no completer is called. */
export function isDirect(way: Way): way is 'ordered' | 'cells' | 'bulk' {
  return way === 'ordered' || way === 'bulk' || way === 'cells'
}

/** How many bytes the latest call of `nextPiece` is about. Read it at once: handlers may make requests. */
export const next: { size: number } = { size: 0 }

/**
 * The way of the next piece of a request, in the section that `resolveSection` gave; its size is left in `next`. A piece
 * that is direct ends with its section; one for a device is of a size that it takes, and may reach over the end (D4).
 *
 * @param at How much of the request is done, of `length` bytes.
 */
export function nextPiece(
  kind: 'read' | 'write' | 'fill',
  section: Section,
  at: number,
  length: number,
  attrs: MemTxAttrs,
): Way {
  const write = kind !== 'read'
  const { at: inside, length: alike, translated } = resolved
  const left = section.length - inside
  const rest = Math.min(length - at, alike)
  const size = section.ends(write) ? Math.min(rest, left) : rest
  // Bytes to the end of the fill's pattern.
  const whole = kind === 'fill' ? FILL_PATTERN_BYTES - (at % FILL_PATTERN_BYTES) : Number.POSITIVE_INFINITY
  if (attrs.memory && !section.memory) {
    // E8: where the first region of an access refuses it, all of it is refused. Where a later one does, its own part is; of a
    // device, which does not end an access (D4), that is all that is left. A fill is an access for each pattern, and all
    // patterns that begin in the section are refused in one step.
    if (kind !== 'fill') next.size = at === 0 ? length : size
    else if (whole < FILL_PATTERN_BYTES) next.size = Math.min(size, whole)
    else next.size = Math.min(length - at, translated ? whole : Math.ceil(left / whole) * whole)
    return 'refused'
  }
  const way = section.route(write, attrs.strict)
  next.size = size
  if (way !== 'ops') return write || !section.isUnallocated ? way : 'zero'
  const device = section.device(write)
  const offset = section.offset + inside
  const most = Math.min(size, whole)
  if (device !== REJECTING) {
    next.size = pieceSize(device, offset, most)
    return 'ops'
  }
  // K3: where a translation failed, the IOMMU is asked again for each rejected piece.
  next.size = translated ? pieceSize(REJECTING, offset, most) : rejectedSize(left, offset, size, most)
  return 'rejected'
}
