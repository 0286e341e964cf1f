import { show } from '../check.ts'

// What src/check.ts has no check for.

/** A number that need be no integer. */
export function checkNumber(value: unknown, argument: string, min: number, max: number): number {
  if (typeof value !== 'number') throw new TypeError(`${argument} must be a number, got ${show(value)}`)
  if (value >= min && value <= max) return value
  throw new RangeError(`${argument} must be from ${min} to ${max}, got ${show(value)}`)
}

export function checkFunction<F>(value: F, argument: string): F {
  if (typeof value !== 'function') throw new TypeError(`${argument} must be a function, got ${show(value)}`)
  return value
}
