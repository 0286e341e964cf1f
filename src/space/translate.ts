import { checkBoolean, checkInteger, checkOptions } from '../check.ts'
import { lookUp } from '../dispatch/look-up.ts'
import { type Place, rangeRoute } from '../dispatch/place.ts'
import type { CacheMode } from '../host/cache-mode.ts'
import type { Completer } from '../region/device/completer.ts'
import { REJECTING } from '../region/device/rejecting-completer.ts'
import type { MemoryRegion } from '../region/memory-region.ts'
import { checkAttrs, MemTxAttrs } from '../request/attrs.ts'
import { guestNumber } from '../request/guest-address.ts'
import type { SpaceSettings } from '../request/space-settings.ts'
import { pieceSize } from '../transfer/device-pieces.ts'
import type { AddressSpace } from './address-space.ts'
import { checkSpace } from './check-space.ts'

/** What `translate` and `accessValid` may be told. */
export interface TranslateOptions {
  /** What is asked for is a write. False unless said. */
  readonly write?: boolean | undefined
  readonly attrs?: MemTxAttrs | undefined
}

/** Where an access goes. */
export interface Translation {
  /** Undefined where nothing is mapped, and where an IOMMU faults. */
  readonly region: MemoryRegion | undefined
  /** In the region, bytes; where there is none, the address that is not translated any further (RULES D3). */
  readonly offset: number
  /** How many of the bytes go there, at contiguous offsets. */
  readonly length: number
  /** They are guest RAM's, and are accessed there; else a handler is called, or the access is rejected. */
  readonly direct: boolean
}

/**
 * Where the first piece of an access goes, through any IOMMU (QEMU's address_space_translate). Its length ends with what
 * is memory, and with an IOMMU's block; of a device it may reach over the end of what is seen of it (RULES D4).
 * A read that a ROM device answers directly ends with it, where QEMU's does not (E10).
 *
 * No handler is called but an IOMMU's `translate`, and sparse RAM stays as it is.
 *
 * @param address Bytes; a guest's, so a bigint too. From 2^53 on nothing is mapped, and the answer says 2^53.
 * @param length Bytes, from 1 on; over 2^53, which a guest may ask for, it counts as that.
 */
export function translate(
  space: AddressSpace,
  address: number | bigint,
  length: number | bigint,
  options: TranslateOptions = {},
): Translation {
  const { start, bytes, write, attrs } = checkQuery(space, address, length, options)
  if (bytes === 0) checkInteger(0, 'length', 1, 2 ** 53)
  const place = lookUp(space.sections, start, write, attrs)
  return {
    region: place.range?.region,
    offset: place.offset,
    length: Math.min(bytes, place.length, ends(place, write) ? place.left : bytes),
    direct: isDirect(place, write),
  }
}

/**
 * Whether a `read` or `write` of these bytes would find all of them accepted: memory, and devices that take the pieces
 * that it would be made of (RULES E13). No handler is called but `accepts`, and an IOMMU's `translate`, and sparse RAM
 * stays as it is. A device may still answer with an error, or be inside a handler.
 *
 * The time that it takes follows the number of regions, and of an IOMMU's blocks; a device with an `accepts` handler is
 * asked for each piece.
 *
 * QEMU asks for pieces as the address is aligned, where the access makes them as the offset in the region is; here it
 * is the latter for both, so that the answer is that of the access.
 *
 * @param address Bytes; a guest's, so a bigint too. From 2^53 on no access is accepted.
 * @param length Bytes; none at all are accepted anywhere.
 */
export function accessValid(
  space: AddressSpace,
  address: number | bigint,
  length: number | bigint,
  options: TranslateOptions = {},
): boolean {
  const { start, bytes, write, attrs } = checkQuery(space, address, length, options)
  const { sections } = space
  for (let done = 0; done < bytes; ) {
    const place = lookUp(sections, start + done, write, attrs)
    if (attrs.memory && !isMemory(place)) return false
    const rest = Math.min(bytes - done, place.length)
    const size = ends(place, write) ? Math.min(rest, place.left) : rest
    if (isDirect(place, write)) done += size
    else {
      const accepted = acceptedBytes(completerOf(place, write, space.settings), place, size, write, attrs)
      if (accepted === 0) return false
      done += accepted
    }
  }
  return true
}

/** It is a RAM block's, and no ROM device's: an access ends within it (RULES D4). */
function isMemory({ range, block }: Place): boolean {
  return block !== undefined && range?.region.kind !== 'romDevice'
}

function isDirect({ range, block, policy }: Place, write: boolean): boolean {
  return rangeRoute(range, block?.ram, policy, write, true) !== 'ops'
}

/** A request ends within it; else it may reach over its end (RULES D4, E10). */
function ends(place: Place, write: boolean): boolean {
  return isMemory(place) || (!write && isDirect(place, write))
}

type Acceptor = Pick<Completer, 'maxSize' | 'unaligned' | 'asks' | 'accepts'>

/** What answers where nothing is direct: handlers, who rejects all, or the memory's register accessors. */
function completerOf({ range, block, blockStart }: Place, write: boolean, settings: SpaceSettings): Acceptor {
  const region = range?.region
  const access = region?.access
  if (range && access) return access.bus?.at(access, range.start - range.offset, settings) ?? access
  if (block === undefined || (write && range?.rom)) return REJECTING
  const mode = region?.cacheMode as CacheMode
  const { oneAccess, splits } = block.ram.plannedCells?.(mode) ?? block.ram.cells(mode)
  return {
    maxSize: 8,
    unaligned: oneAccess,
    accepts: (offset, size) => splits || oneAccess || (block.offset - blockStart + offset) % size === 0,
  }
}

/** How many of `size` bytes are accepted, at least a piece of them; 0 where the first piece is not. */
function acceptedBytes(completer: Acceptor, place: Place, size: number, write: boolean, attrs: MemTxAttrs): number {
  const { offset, alike } = place
  const piece = pieceSize(completer, offset, size)
  if (!completer.accepts(offset, piece, write, attrs)) return 0
  // The pieces behind one of the largest size are as large, and aligned like it: what holds for it holds for them.
  if (completer.asks || piece < completer.maxSize) return piece
  return piece * Math.min(Math.floor(size / piece), Math.ceil(alike / piece))
}

function checkQuery(
  space: AddressSpace,
  address: number | bigint,
  length: number | bigint,
  options: TranslateOptions,
): { readonly start: number; readonly bytes: number; readonly write: boolean; readonly attrs: MemTxAttrs } {
  checkSpace(space, 'space')
  const start = guestNumber(address, 'address')
  const { write = false, attrs = MemTxAttrs.UNSPECIFIED } = checkOptions(options, [
    'write',
    'attrs',
  ]) as TranslateOptions
  const checked = { write: checkBoolean(write, 'options.write'), attrs: checkAttrs(attrs) }
  return { start, bytes: guestNumber(length, 'length'), ...checked }
}
