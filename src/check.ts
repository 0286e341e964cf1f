/**
 * Argument checks, the ground under every floor. Each throws before anything has changed, with a text that names the
 * argument and the bad value; the text is built only when thrown.
 */

/** 2^53: addresses and offsets are integers below it, so that a JavaScript number holds each of them exactly. */
export const ADDRESS_LIMIT: number = 9_007_199_254_740_992

/** A bad value as an error's text shows it. Never throws, whatever the value: String() does on some objects. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'function') return 'a function'
  if (typeof value !== 'object' || value === null) return String(value)
  return tagOf(value) === 'Array' ? 'an array' : 'an object'
}

/** An object read by key: what is left of its type is found out field by field. */
export type Fields = Readonly<Record<string, unknown>>

export function checkObject(value: unknown, argument: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields
  throw new TypeError(`${argument} must be an object, got ${show(value)}`)
}

/**
 * Options: a copy of the own properties of `value`, each read once, with no prototype. What someone has put on
 * Object.prototype is therefore not among them. A key that is none of `known` is refused, unless it is undefined.
 */
export function checkOptions<T>(
  value: unknown,
  known: readonly (keyof T & string)[],
  argument = 'options',
): Partial<T> {
  const options: object = { __proto__: null, ...checkObject(value, argument) }
  checkKeys(options as Fields, known, argument)
  return options
}

/** Refuses a key that is none of `known`, unless it is undefined: a misspelt one would otherwise be left out in silence. */
export function checkKeys(fields: Fields, known: readonly string[], argument: string): void {
  for (const key of Object.keys(fields)) {
    if (!known.includes(key) && fields[key] !== undefined)
      throw new TypeError(`${argument} must have keys among ${known.join(', ') || 'none'}, got ${show(key)}`)
  }
}

/**
 * One of the options that `checkKeys` has let through, read once. Where a call is made very often, to take them one by one
 * costs a third of what a copy of all costs (`checkOptions`).
 *
 * @param unlessSaid What stands for one that is undefined.
 */
export function ownOption<T extends object, K extends keyof T>(
  options: T,
  key: K,
  unlessSaid: NonNullable<T[K]>,
): NonNullable<T[K]> {
  const value = Object.hasOwn(options, key) ? options[key] : undefined
  return value === undefined ? unlessSaid : (value as NonNullable<T[K]>)
}

/**
 * A field that may be left out of an object with methods, which a class may have put on its prototype. What some other
 * code has put on everybody's prototype is no field of it.
 *
 * @param unlessSaid What stands for one that is undefined.
 */
export function optionalField(fields: Fields, key: string, unlessSaid?: unknown): unknown {
  const value = fields[key]
  if (value === undefined) return unlessSaid
  const everybodys = value === (Object.prototype as unknown as Fields)[key] && !Object.hasOwn(fields, key)
  return everybodys ? unlessSaid : value
}

/** An integer from `min` to `max`, both inclusive. */
export function checkInteger(value: unknown, argument: string, min: number, max: number): number {
  if (typeof value !== 'number') throw new TypeError(`${argument} must be a number, got ${show(value)}`)
  if (!Number.isInteger(value) || value < min || value > max)
    throw new RangeError(`${argument} must be an integer from ${min} to ${max}, got ${show(value)}`)
  return value
}

/** An address or an offset, bytes: 0 to 2^53 - 1. */
export function checkAddress(value: unknown, argument: string): number {
  return checkInteger(value, argument, 0, Number.MAX_SAFE_INTEGER)
}

export function checkBoolean(value: unknown, argument: string): boolean {
  if (typeof value !== 'boolean') throw new TypeError(`${argument} must be a boolean, got ${show(value)}`)
  return value
}

export function checkFunction<F>(value: F, argument: string): F {
  if (typeof value !== 'function') throw new TypeError(`${argument} must be a function, got ${show(value)}`)
  return value
}

export function checkText(value: unknown, argument: string): string {
  if (typeof value === 'string' && value.trim() !== '') return value
  throw new TypeError(`${argument} must be a string that is not empty, got ${show(value)}`)
}

export function checkOneOf<T>(value: unknown, choices: readonly T[], argument: string): T {
  if (choices.includes(value as T)) return value as T
  throw new TypeError(`${argument} must be one of ${choices.join(', ')}, got ${show(value)}`)
}

// The engine's own getters: a subclass, or a property of the array itself, may give another answer under the same name.
// They work on arrays of any realm (an iframe's, node:vm's).
export const lengthOf: (this: Uint8Array) => number = /* @__PURE__ */ arrayGetter('length')
export const offsetOf: (this: Uint8Array) => number = /* @__PURE__ */ arrayGetter('byteOffset')
export const bufferOf: (this: Uint8Array) => ArrayBufferLike = /* @__PURE__ */ arrayGetter('buffer')
/** The name of a typed array's class; undefined of all else. */
const classOf: (this: unknown) => string | undefined = /* @__PURE__ */ arrayGetter(Symbol.toStringTag)

function arrayGetter(key: PropertyKey): () => never {
  return Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), key)?.get as () => never
}

/**
 * A Uint8Array whose bytes are there: one has a length of 0 when its buffer was detached or shrunk under it.
 *
 * @returns `value`, or where its `length` is not what the engine says, a plain array of the same bytes.
 */
export function checkBytes(value: unknown, argument: string): Uint8Array {
  try {
    if (value instanceof Uint8Array) {
      // An array's elements are the engine's own: it has one at `length - 1` and none at `length` if that is its length for
      // the engine, too. To ask the engine's getter instead takes 5 ns more.
      const { length } = value
      if (value[length - 1] !== undefined && value[length] === undefined) return value
    }
  } catch {}
  return plainBytes(value, argument)
}

/** What is rare, apart: `checkBytes` is then small enough for the JIT to inline it. */
function plainBytes(value: unknown, argument: string): Uint8Array {
  if (classOf.call(value) !== 'Uint8Array') refuseBytes(value, argument)
  const bytes = value as Uint8Array
  try {
    Uint8Array.prototype.at.call(bytes, 0) // throws on a view that is out of bounds, not on one that is empty
  } catch {
    refuseStale(argument)
  }
  return new Uint8Array(bufferOf.call(bytes), offsetOf.call(bytes), lengthOf.call(bytes))
}

export function refuseStale(argument: string): never {
  throw new TypeError(`${argument} is a Uint8Array whose buffer was detached or resized under it`)
}

function refuseBytes(value: unknown, argument: string): never {
  const tag = tagOf(value)
  const parts = `${argument}.buffer, ${argument}.byteOffset, ${argument}.byteLength`
  const source = ArrayBuffer.isView(value) ? parts : tag.endsWith('ArrayBuffer') && argument
  const got = source ? `${tag}: new Uint8Array(${source}) has its bytes` : show(value)
  throw new TypeError(`${argument} must be a Uint8Array, got ${got}`)
}

/** What Object.prototype.toString calls a value; empty where it throws. */
export function tagOf(value: unknown): string {
  try {
    return Object.prototype.toString.call(value).slice(8, -1)
  } catch {
    return ''
  }
}
