import { ADDRESS_LIMIT, show } from '../check.ts'

/**
 * A number that a guest chose: an address, or a length in bytes, as it stands in a register or a descriptor. A number or a
 * bigint; of 64 bits or more too, as no guest's number may make a device throw.
 *
 * @returns The same as a number; ADDRESS_LIMIT (2^53) for all from there on. No region reaches that far, so nothing is
 *   there: an access to it is a DECODE_ERROR, at every such address alike.
 * @throws TypeError or RangeError naming the argument, where it is no integer, or below zero. A guest's registers hold
 *   unsigned integers: what is none is a mistake of the caller's.
 */
export function guestNumber(value: unknown, argument: string): number {
  // Rounded to 53 bits, or to infinity, it is still past the limit if it was.
  const number = typeof value === 'bigint' ? Math.min(Number(value), ADDRESS_LIMIT) : value
  if (typeof number !== 'number') throw new TypeError(`${argument} must be a number or a bigint, got ${show(value)}`)
  if (!Number.isInteger(number) || number < 0)
    throw new RangeError(`${argument} must be an integer that is not negative, got ${show(value)}`)
  return Math.min(number, ADDRESS_LIMIT)
}
