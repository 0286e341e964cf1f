/** Argument checks of this door. Each throws before anything has changed, with a text that names the field and its value. */
export type Fields = Readonly<Record<string, unknown>>

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'function') return 'a function'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}

export function refuseType(where: string, what: string, value: unknown): never {
  throw new TypeError(`${where} must be ${what}, got ${show(value)}`)
}

export function refuseRange(where: string, what: string, value: unknown): never {
  throw new RangeError(`${where} must be ${what}, got ${show(value)}`)
}

/** An object with no keys but `known`: a misspelt one would otherwise be left out in silence. */
export function objectAt(value: unknown, where: string, known?: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuseType(where, 'an object', value)
  for (const key of known === undefined ? [] : Object.keys(value)) {
    if (!known?.includes(key))
      throw new TypeError(`${where} must have keys among ${known?.join(', ')}, got ${show(key)}`)
  }
  return value as Fields
}

export function arrayAt(value: unknown, where: string): readonly unknown[] {
  return Array.isArray(value) ? value : refuseType(where, 'an array', value)
}

export function functionAt(value: unknown, where: string): void {
  if (typeof value !== 'function') refuseType(where, 'a function', value)
}

export function textAt(value: unknown, where: string): string {
  if (typeof value === 'string' && value.trim() !== '') return value
  return refuseType(where, 'a string that is not empty', value)
}

export function flagAt(value: unknown, where: string): boolean {
  return typeof value === 'boolean' ? value : refuseType(where, 'a boolean', value)
}

export function oneOf<T>(value: unknown, choices: readonly T[], where: string): T {
  return choices.includes(value as T) ? (value as T) : refuseType(where, `one of ${choices.join(', ')}`, value)
}

export function integerAt(value: unknown, where: string, min: number, max: number): number {
  if (typeof value !== 'number') return refuseType(where, 'a number', value)
  if (Number.isInteger(value) && value >= min && value <= max) return value
  return refuseRange(where, `an integer from ${min} to ${max}`, value)
}

const U64_MAX = 2n ** 64n - 1n

/** A u64, exactly: a bigint, or a number where that holds it (below 2^53). */
export function u64At(value: unknown, where: string): bigint {
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value) && value >= 0) return BigInt(value)
    return refuseRange(where, 'an integer from 0 to 2^53 - 1, or a bigint', value)
  }
  if (typeof value !== 'bigint') return refuseType(where, 'a number or a bigint', value)
  return value >= 0n && value <= U64_MAX ? value : refuseRange(where, 'from 0 to 2^64 - 1', value)
}

const LEAST_PAGE = 4096
const MOST_PAGE = 2 ** 30

export function pageSizeAt(value: unknown, where: string): number {
  const bytes = integerAt(value, where, LEAST_PAGE, MOST_PAGE)
  return (bytes & (bytes - 1)) === 0 ? bytes : refuseRange(where, 'a power of two', value)
}
