import { show } from '../check.ts'

// What src/check.ts has no check for.

/** A number that need be no integer. */
export function checkNumber(value: unknown, argument: string, min: number, max: number): number {
  if (typeof value !== 'number') throw new TypeError(`${argument} must be a number, got ${show(value)}`)
  if (value >= min && value <= max) return value
  throw new RangeError(`${argument} must be from ${min} to ${max}, got ${show(value)}`)
}
