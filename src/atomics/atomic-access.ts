import { checkAddress } from '../check.ts'
import type { Operation } from '../ram/atomic/operation.ts'
import { checkAttrs, type MemTxAttrs, UNSPECIFIED } from '../request/attrs.ts'
import type { AddressSpace } from '../space/address-space.ts'
import { checkSpace } from '../space/check-space.ts'
import { otherAtomic } from './other-atomic.ts'
import { isAtomic, ramAtomic, ramAtomic64 } from './ram-atomic.ts'

/**
 * One atomic access of 1, 2 or 4 bytes: what is there is loaded, and what the operation makes of it is stored, and nobody's
 * store comes in between. How it ended is left in the space, as of a load and a store.
 *
 * Here is the frequent way: aligned bytes of RAM.
 *
 * @param operand In the target's byte order: 32 bits signed, fewer unsigned. So is `expected`.
 * @returns What was there.
 */
export function atomicAccess(
  space: AddressSpace,
  operation: Operation,
  size: number,
  address: number,
  operand: number,
  expected: number,
  attrs: MemTxAttrs | undefined,
): number {
  const { sections, settings } = checkSpace(space, 'space')
  const given = attrs === undefined ? UNSPECIFIED : checkAttrs(attrs)
  const section = sections.select(checkAddress(address, 'address'))
  const at = address - section.start
  const ram = section.base + at
  if ((ram & (size - 1)) !== 0 || at + size > section.length || !isAtomic(section))
    return otherAtomic(space, operation, size, address, operand >>> 0, expected >>> 0, given) as number
  const found = ramAtomic(section, ram, operation, operand, expected, size, settings.big)
  space.noteResult(0)
  return found
}

/** The same of 8 bytes. */
export function atomicAccess64(
  space: AddressSpace,
  operation: Operation,
  address: number,
  operand: bigint,
  expected: bigint,
  attrs: MemTxAttrs | undefined,
): bigint {
  const { sections, settings } = checkSpace(space, 'space')
  const given = attrs === undefined ? UNSPECIFIED : checkAttrs(attrs)
  const section = sections.select(checkAddress(address, 'address'))
  const at = address - section.start
  const ram = section.base + at
  if ((ram & 7) !== 0 || at + 8 > section.length || !isAtomic(section))
    return otherAtomic(space, operation, 8, address, operand, expected, given) as bigint
  const found = ramAtomic64(section, ram, operation, operand, expected, settings.big)
  space.noteResult(0)
  return found
}
