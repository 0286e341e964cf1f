import { checkInteger } from '../check.ts'

/**
 * The low 32 bits of an integer, signed: an unsigned one would be a double to the JIT, which it allocates where it hands it on.
 *
 * @throws TypeError or RangeError naming the argument, where it is none.
 */
export function bits32(value: number, argument: string): number {
  if (typeof value === 'number' && (value >>> 0 === value || (value | 0) === value)) return value | 0
  return checkInteger(value, argument, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER) | 0
}
