import { resolved, resolveSection } from '../dispatch/resolve.ts'
import type { Section } from '../dispatch/section.ts'
import type { SectionMap } from '../dispatch/section-map.ts'
import type { Cells } from '../ram/access/cells.ts'
import { fixedFill, fixedIn, fixedOut } from '../ram/access/fixed-width.ts'
import { isShared } from '../ram/access/views.ts'
import type { Lane } from '../ram/copy/lane.ts'
import { REJECTING } from '../region/device/rejecting-completer.ts'
import type { MemTxAttrs } from '../request/attrs.ts'
import { MemTxResult } from '../request/result.ts'
import type { Route } from '../request/route.ts'
import { fillPiece, pieceSize, readPiece, rejectedSize, writePiece } from './device-pieces.ts'

/** QEMU fills through a pattern of this many bytes, so pieces that are not direct end at its multiples (RULES E11). */
const FILL_PATTERN_BYTES = 512

/** A request of any length: bytes from the guest, bytes to it, or one byte again and again. */
export interface Transfer {
  readonly kind: 'read' | 'write' | 'fill'
  /** Of reads and writes. */
  readonly bytes: Uint8Array
  /** Of fills. */
  readonly byte: number
}

/**
 * Carries out a request piece by piece, each by the way of its section, and ORs the results (RULES E1). A direct piece
 * ends with its section; one for a device is of a size that it takes, and may reach over the end of its section (D4).
 * Each byte of a read's array is written; where a piece fails, with zero.
 */
export function transfer(
  map: Pick<SectionMap, 'select'>,
  request: Transfer,
  address: number,
  length: number,
  attrs: MemTxAttrs,
): MemTxResult {
  const write = request.kind !== 'read'
  let result = 0
  for (let at = 0; at < length; ) {
    const section = resolveSection(map, address + at, write, attrs)
    const { at: inside, translated } = resolved
    const rest = Math.min(length - at, resolved.length)
    const path = section.route(write, attrs.strict)
    const left = section.length - inside
    let size = section.ends(write) ? Math.min(rest, left) : rest
    if (attrs.memory && !section.memory) {
      // The first region refuses the whole access, a later one what of it would be its own (E8): D4 gives it the rest.
      const pattern = request.kind === 'fill' ? at % FILL_PATTERN_BYTES : at
      size = pattern === 0 ? length - at : size
      if (request.kind === 'read') request.bytes.fill(0, at, at + size)
      else if (request.kind === 'fill') size = Math.min(size, FILL_PATTERN_BYTES - pattern)
      result |= MemTxResult.ACCESS_ERROR
    } else if (path === 'ops') {
      const device = section.device(write)
      const offset = section.offset + inside
      const most = request.kind === 'fill' ? Math.min(size, FILL_PATTERN_BYTES - (at % FILL_PATTERN_BYTES)) : size
      if (device === REJECTING) {
        // What an IOMMU leads to is asked of it again for each piece (K3).
        size = translated ? pieceSize(REJECTING, offset, most) : rejectedSize(left, offset, size, most)
        if (request.kind === 'read') request.bytes.fill(0, at, at + size)
        result |= MemTxResult.DECODE_ERROR
      } else {
        size = pieceSize(device, offset, most)
        const big = section.completerBig
        if (request.kind === 'read') result |= readPiece(device, offset, request.bytes, at, size, attrs, big)
        else if (request.kind === 'write') result |= writePiece(device, offset, request.bytes, at, size, attrs, big)
        else result |= fillPiece(device, offset, request.byte, size, attrs, big)
      }
    } else {
      const ram = section.base + inside
      direct(request, section, path, ram, at, size)
      // Once the bytes are stored, not before (RULES F2; dirty-bitmaps.ts).
      if (write && section.logs[0] !== 0) section.mark(ram, size)
    }
    at += size
  }
  return result as MemTxResult
}

/** The part of a request that touches guest RAM itself, at byte address `ram` of it. */
function direct(request: Transfer, section: Section, path: Route, ram: number, at: number, size: number): void {
  const lane = section.lane as Lane
  const cells = section.cells as Cells
  if (path === 'cells' && request.kind !== 'fill') {
    // A view of the guest RAM itself may overlap, and what others may watch is stored to as guest RAM is (H2, H13).
    const memory = section.block?.ram
    if (memory !== undefined && isShared(request.bytes.buffer)) {
      if (request.kind === 'write') memory.fixedLane.copyIn(ram, request.bytes, at, size)
      else memory.fixedLane.copyOut(request.bytes, at, ram, size)
      return
    }
  }
  if (request.kind === 'write') {
    if (path === 'ordered') lane.copyIn(ram, request.bytes, at, size)
    else if (path === 'bulk') lane.bulkIn(ram, request.bytes, at, size)
    else fixedIn(cells, ram, request.bytes, at, size)
  } else if (request.kind === 'read') {
    if (path === 'ordered') lane.copyOut(request.bytes, at, ram, size)
    else if (path === 'bulk') lane.bulkOut(request.bytes, at, ram, size)
    else fixedOut(cells, request.bytes, at, ram, size)
  } else if (path === 'ordered') lane.fill(ram, request.byte, size)
  else if (path === 'bulk') lane.bulkFill(ram, request.byte, size)
  else fixedFill(cells, ram, request.byte, size)
}
