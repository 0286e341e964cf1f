import { resolved } from '../dispatch/resolve.ts'
import type { Section } from '../dispatch/section.ts'
import type { Completer } from '../region/device/completer.ts'
import { REJECTING } from '../region/device/rejecting-completer.ts'
import type { MemTxAttrs } from '../request/attrs.ts'
import type { Route } from '../request/route.ts'
import { pieceSize, rejectedSize } from './device-pieces.ts'

/** QEMU fills through a pattern of this many bytes, so pieces that are not direct end at its multiples (RULES E11). */
export const FILL_PATTERN_BYTES = 512

/**
 * What becomes of a piece of a request: the way of a Route, or no access at all. `refused`: it is for memory alone, and this
 * is none (RULES E8). `rejected`: nothing is there, or nothing that takes it (E5). `none`: a read of memory that is not
 * allocated yet, which is zero; what `writeRom` passes over (E12).
 */
export type Way = Route | 'refused' | 'rejected' | 'none'

/** `rom` writes what a loader puts there, or a debugger: to RAM, to ROMs, and to ROM devices that are read directly (E12). */
export type TransferKind = 'read' | 'write' | 'fill' | 'rom'

/** Whether a piece of `size` bytes, of a request to a device, is made with one call of `run`. */
export function isRun(device: Completer, kind: TransferKind, size: number): boolean {
  const most = kind === 'read' ? device.readsRuns : device.writesRuns
  return most !== undefined && size > most && (kind !== 'fill' || most === 0)
}

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
export function nextPiece(kind: TransferKind, section: Section, at: number, length: number, attrs: MemTxAttrs): Way {
  const write = kind !== 'read'
  const { at: inside, length: alike, translated } = resolved
  const left = section.length - inside
  const rest = Math.min(length - at, alike)
  const isRom = kind === 'rom'
  const size = section.ends(write && !isRom) ? Math.min(rest, left) : rest
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
  const way = isRom ? romWay(section) : section.route(write, attrs.strict)
  next.size = size
  // Freed by a handler since the request began, or since its bounce buffer was lent: the bytes may be another block's by now.
  if (section.block?.freed) return 'rejected'
  const { debug } = attrs
  // A debugger leaves registers alone. A device's memory that is mapped as any other has none.
  if (debug && section.region?.kind === 'ramDevice')
    return section.region.cacheMode === 'normal' ? 'ordered' : 'refused'
  if (way !== 'ops') return write || !section.isUnallocated ? way : 'none'
  const device = section.device(write, debug)
  // A debugger reads of a device what it can say, and writes nothing there.
  if (device === undefined || (debug && write && device !== REJECTING)) return 'refused'
  const offset = section.offset + inside
  const most = Math.min(size, whole)
  if (device !== REJECTING) {
    const run = Math.min(most, left)
    next.size = !isRom && isRun(device, kind, run) ? run : pieceSize(device, offset, most)
    return isRom ? 'none' : 'ops'
  }
  // K3: where a translation failed, the IOMMU is asked again for each rejected piece.
  next.size = translated ? pieceSize(REJECTING, offset, most) : rejectedSize(left, offset, size, most)
  return 'rejected'
}

/** Memory of a device is passed over, as newer versions of QEMU do. Policies are about the requests of a running machine. */
function romWay(section: Section): Way {
  if (!section.endsReads) return 'ops'
  if (section.region?.kind === 'ramDevice') return 'none'
  return section.route(false, true) === 'ordered' ? 'ordered' : 'cells'
}
