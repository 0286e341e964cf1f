import { bufferOf, refuseStale } from '../check.ts'
import { resolved, resolveSection } from '../dispatch/resolve.ts'
import type { Section } from '../dispatch/section.ts'
import type { SectionMap } from '../dispatch/section-map.ts'
import type { CacheMode } from '../host/cache-mode.ts'
import { fixedFill, fixedIn, fixedOut } from '../ram/access/fixed-width.ts'
import { clearPart, partOf } from '../ram/access/user-part.ts'
import { isShared } from '../ram/access/views.ts'
import { privateCopy, privateLike, publish } from '../ram/copy/shared-array.ts'
import type { BlockMemory } from '../ram/ram-block.ts'
import { type Completer, completion } from '../region/device/completer.ts'
import type { MemTxAttrs } from '../request/attrs.ts'
import { MemTxResult } from '../request/result.ts'
import type { Route } from '../request/route.ts'
import { readPiece, writePiece } from './device-pieces.ts'
import { isDirect, isRun, next, nextPiece, type TransferKind, type Way } from './next-piece.ts'

/** A request of any length: bytes from the guest, bytes to it, or one byte again and again. */
export interface Transfer {
  readonly kind: TransferKind
  /** Of all but fills. */
  readonly bytes: Uint8Array
  /** Of fills. */
  readonly byte: number
}

/**
 * Carries out a request piece by piece, each by the way of its section, and ORs the results (RULES E1). Each byte of a
 * read's array is written; where a piece fails, with zero.
 *
 * An array that others may see could be guest RAM that the request itself is about. Such a request is therefore made with
 * a private copy, unless it is a single piece of memory, in which a lane minds what overlaps (H13): a write has loaded all
 * before it stores anything, a read stores all once it has loaded everything, in order.
 *
 * @throws TypeError where a handler shrank or detached the array: what is done by then stays done.
 */
export function transfer(
  from: Pick<SectionMap, 'select'> & { readonly plain?: SectionMap },
  request: Transfer,
  address: number,
  length: number,
  attrs: MemTxAttrs,
): MemTxResult {
  const { bytes } = request
  const map = (attrs.debug && from.plain) || from
  // A debugger writes what a loader does.
  const kind = attrs.debug && request.kind === 'write' ? 'rom' : request.kind
  let own = request
  let first: Section | undefined
  let at = 0
  let result = 0
  try {
    while (at < length) {
      const section = resolveSection(map, address + at, kind !== 'read', attrs)
      first ??= section
      const inside = resolved.at
      const way = nextPiece(kind, section, at, length, attrs)
      const { size } = next
      if (kind !== 'fill') checkLength(own.bytes, length)
      // One piece, and either it is memory, or no byte of the array is moved.
      const isOne = size === length && (isDirect(way) || (kind !== 'read' && way !== 'ops'))
      if (at === 0 && !isOne && isShared(bufferOf.call(bytes))) {
        const like = kind === 'read' ? privateLike : privateCopy
        own = { kind, bytes: like(bytes, length), byte: 0 }
      }
      result |= carryOut(own, section, way, inside, at, size, attrs)
      at += size
    }
    if (kind === 'read') checkLength(own.bytes, length)
    return result as MemTxResult
  } finally {
    // Shared guest RAM whose stores are plain ones shows that plain stores are in order here.
    const ram = first?.block?.ram
    const isPlain = ram?.order === 'host' && ram.shared
    if (own !== request && kind === 'read') publish(bytes, own.bytes, at, !isPlain)
  }
}

/** What a device's handler did to the array of a request under way is its author's mistake. */
function checkLength(bytes: Uint8Array, length: number): void {
  if (bytes.length < length) refuseStale('bytes')
}

/** What the latest piece of a fill stored to a device. It is read before a handler is called. */
const pattern: Uint8Array = /* @__PURE__ */ new Uint8Array(8)

/**
 * Carries out one piece of a request, by the way of its section.
 *
 * @param inside Where it begins in the section, bytes.
 * @param at Where it begins in the array, bytes.
 */
function carryOut(
  request: Transfer,
  section: Section,
  way: Way,
  inside: number,
  at: number,
  size: number,
  attrs: MemTxAttrs,
): MemTxResult {
  const { kind, bytes } = request
  if (isDirect(way)) {
    const ram = section.base + inside
    direct(request, section, way, ram, at, size)
    // Once the bytes are stored, not before (RULES F2; dirty-bitmaps.ts).
    if (kind !== 'read' && section.logs[0] !== 0 && !attrs.debug) section.mark(ram, size)
    return endPiece(section, way, kind !== 'read', inside, size, attrs)
  }
  if (way !== 'ops') {
    if (kind === 'read') clearPart(bytes, at, size)
    return endPiece(section, way, kind !== 'read', inside, size, attrs, kind === 'fill' ? undefined : bytes, at)
  }
  const device = section.device(kind !== 'read', attrs.debug) as Completer
  const offset = section.offset + inside
  const big = section.completerBig
  if (isRun(device, kind, size)) {
    const run = kind === 'fill' ? new Uint8Array(size).fill(request.byte) : partOf(bytes, at, size)
    device.run?.(kind !== 'read', offset, run, attrs)
    return completion.result
  }
  if (kind === 'read') return readPiece(device, offset, bytes, at, size, attrs, big)
  if (kind === 'fill') return writePiece(device, offset, pattern.fill(request.byte), 0, size, attrs, big)
  return writePiece(device, offset, bytes, at, size, attrs, big)
}

/**
 * Ends a piece that no completer was called for, and tells who wants to know of it.
 *
 * @param bytes Of what is rejected or refused: the array that it is from `at` on in.
 */
export function endPiece(
  section: Section,
  way: Way | 'bounce',
  write: boolean,
  inside: number,
  size: number,
  attrs: MemTxAttrs,
  bytes?: Uint8Array,
  at = 0,
): MemTxResult {
  const result =
    way === 'rejected' ? MemTxResult.DECODE_ERROR : way === 'refused' ? MemTxResult.ACCESS_ERROR : MemTxResult.OK
  const device = write ? section.writeCompleter : section.readCompleter
  if (!device.note || way === 'none') return result
  completion.result = result
  device.note(way, write, section.offset + inside, size, attrs, bytes && partOf(bytes, at, size))
  return completion.result
}

/** The part of a request that touches guest RAM itself, at byte address `ram` of it. */
function direct(
  { kind, bytes, byte }: Transfer,
  section: Section,
  path: Route,
  ram: number,
  at: number,
  size: number,
): void {
  // A section that was made before its memory was allocated has neither a lane nor cells. Private memory may have grown.
  const memory = section.block?.ram as BlockMemory
  const cells = (section.cells ?? memory.cells(section.region?.cacheMode as CacheMode)).live()
  const isFixed = path === 'cells'
  // The array may be a view of this memory, and overlap; and what others may watch is stored to as guest RAM is (H2, H13).
  const isPrivate = isFixed && !isShared(bufferOf.call(bytes))
  const lane = isFixed ? memory.fixedLane : memory.lane
  if (kind === 'read') {
    if (isPrivate) fixedOut(cells, bytes, at, ram, size)
    else if (path === 'bulk') lane.bulkOut(bytes, at, ram, size)
    else lane.copyOut(bytes, at, ram, size)
  } else if (kind === 'fill') {
    if (isFixed) fixedFill(cells, ram, byte, size)
    else if (path === 'bulk') lane.bulkFill(ram, byte, size)
    else lane.fill(ram, byte, size)
  } else if (isPrivate) fixedIn(cells, ram, bytes, at, size)
  else if (path === 'bulk') lane.bulkIn(ram, bytes, at, size)
  else lane.copyIn(ram, bytes, at, size)
}
