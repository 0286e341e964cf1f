import { checkAddress, checkBoolean, checkInteger, checkKeys, checkObject, show } from '../check.ts'
import { resolved, resolveSection } from '../dispatch/resolve.ts'
import type { MemoryRegion } from '../region/memory-region.ts'
import { checkAttrs, MemTxAttrs } from '../request/attrs.ts'
import { pieceSize } from '../transfer/device-pieces.ts'
import { AddressSpace } from './address-space.ts'

export interface TranslateOptions {
  /** What is asked for is a write. False unless said. */
  readonly write?: boolean
  readonly attrs?: MemTxAttrs
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
 * @param address Bytes, 0 to 2^53 - 1.
 * @param length Bytes, 1 to 2^53.
 */
export function translate(
  space: AddressSpace,
  address: number,
  length: number,
  options: TranslateOptions = {},
): Translation {
  const { write, attrs } = checkQuery(space, address, options)
  checkInteger(length, 'length', 1, 2 ** 53)
  const section = resolveSection(space.sections, address, write, attrs)
  const { at } = resolved
  const direct = section.route(write, true) !== 'ops'
  return {
    region: section.region,
    offset: section.offset + at,
    length: Math.min(length, resolved.length, section.ends(write) ? section.length - at : length),
    direct,
  }
}

/**
 * Whether a `read` or `write` of these bytes would find all of them accepted: memory, and devices that take the pieces
 * that it would be made of (RULES E13). No handler is called but `accepts`, and an IOMMU's `translate`. A device may
 * still answer with an error, or be inside a handler.
 *
 * QEMU asks for pieces as the address is aligned, where the access makes them as the offset in the region is; here it
 * is the latter for both, so that the answer is that of the access.
 *
 * @param address Bytes, 0 to 2^53 - 1.
 * @param length Bytes, 0 to 2^53.
 */
export function accessValid(
  space: AddressSpace,
  address: number,
  length: number,
  options: TranslateOptions = {},
): boolean {
  const { write, attrs } = checkQuery(space, address, options)
  checkInteger(length, 'length', 0, 2 ** 53)
  const { sections } = space
  for (let done = 0; done < length; ) {
    const section = resolveSection(sections, address + done, write, attrs)
    const { at } = resolved
    if (attrs.memory && !section.memory) return false
    const rest = Math.min(length - done, resolved.length)
    const size = section.ends(write) ? Math.min(rest, section.length - at) : rest
    if (section.route(write, true) !== 'ops') done += size
    else {
      const device = section.device(write)
      const offset = section.offset + at
      const piece = pieceSize(device, offset, size)
      if (!device.accepts(offset, piece, write, attrs)) return false
      done += piece
    }
  }
  return true
}

function checkQuery(
  space: AddressSpace,
  address: number,
  options: TranslateOptions,
): { readonly write: boolean; readonly attrs: MemTxAttrs } {
  if (!(space instanceof AddressSpace)) throw new TypeError(`space must be an AddressSpace, got ${show(space)}`)
  checkAddress(address, 'address')
  checkKeys(checkObject(options, 'options'), ['write', 'attrs'], 'options')
  const { write = false, attrs = MemTxAttrs.UNSPECIFIED } = options
  return { write: checkBoolean(write, 'options.write'), attrs: checkAttrs(attrs) }
}
