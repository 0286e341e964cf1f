// Argument checks of this door. Each throws before anything has changed, with a text that names the field and its value.

/** An object read by key: what is left of its type is found out field by field. */
export type Fields = Readonly<Record<string, unknown>>

/** The most characters of a bad value that an error's text shows. */
const MOST_SHOWN = 80

/** A bad value as an error's text shows it: its length is bounded, and it is on one line. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(shortened(value))
  if (typeof value === 'function') return 'a function'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object' && value !== null) return 'an object'
  return shortened(typeof value === 'bigint' ? `${value}n` : String(value))
}

function shortened(text: string): string {
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN - 3)}...` : text
}

export function refuseType(where: string, what: string, value: unknown): never {
  throw new TypeError(`${where} must be ${what}, got ${show(value)}`)
}

/** @param value A bigint is shown as a number: a u64 of a description, whichever of the two it was given as. */
export function refuseRange(where: string, what: string, value: unknown): never {
  throw new RangeError(`${where} must be ${what}, got ${typeof value === 'bigint' ? value : show(value)}`)
}

/**
 * An object's own fields, each read once, in an object that inherits nothing: what someone put on `Object.prototype` is
 * in none of them. There are none but those of `known`: a misspelt one would otherwise be left out in silence.
 */
export function fieldsAt(value: unknown, where: string, known: readonly string[]): Fields {
  const fields = Object.assign(Object.create(null), objectAt(value, where))
  for (const key of Object.keys(fields))
    if (!known.includes(key)) throw new TypeError(`${where} must have keys among ${known.join(', ')}, got ${show(key)}`)
  return fields
}

/** The same object without a prototype, as options and handlers that have no more than what is in them. */
export function bare<T extends object>(fields: T): T {
  return Object.assign(Object.create(null), fields)
}

/** The options of a function; none where they are undefined. */
export function optionsAt(value: unknown, known: readonly string[]): Fields {
  return fieldsAt(value === undefined ? {} : value, 'options', known)
}

export function objectAt(value: unknown, where: string): object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuseType(where, 'an object', value)
  return value
}

/**
 * A member of an object or of its class; undefined where only `Object.prototype`, or another prototype at the end of the
 * chain, has it.
 */
export function memberOf(object: object, key: string): unknown {
  if (Object.hasOwn(object, key)) return Reflect.get(object, key)
  for (let at = Object.getPrototypeOf(object); at !== null; at = Object.getPrototypeOf(at)) {
    if (Object.getPrototypeOf(at) !== null && Object.hasOwn(at, key)) return Reflect.get(object, key)
  }
  return undefined
}

export function arrayAt(value: unknown, where: string): readonly unknown[] {
  return Array.isArray(value) ? value : refuseType(where, 'an array', value)
}

/** An element of an array; undefined where the array has none, whatever its prototype has. */
export function itemOf(list: readonly unknown[], index: number): unknown {
  return Object.hasOwn(list, index) ? list[index] : undefined
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
  if (value >= 0n && value <= U64_MAX) return value
  throw new RangeError(`${where} must be from 0 to 2^64 - 1, got ${show(value)}`)
}

const LEAST_PAGE = 4096
const MOST_PAGE = 2 ** 30

export function pageSizeAt(value: unknown, where: string): number {
  const bytes = integerAt(value, where, LEAST_PAGE, MOST_PAGE)
  return (bytes & (bytes - 1)) === 0 ? bytes : refuseRange(where, 'a power of two', value)
}
