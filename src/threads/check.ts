/** Argument checks, as the face has them: each throws before anything has changed, and names the argument and the value. */

/** A bad value as an error's text shows it. Never throws. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'function') return 'a function'
  if (typeof value !== 'object' || value === null) return String(value)
  return Array.isArray(value) ? 'an array' : 'an object'
}

export type Fields = Readonly<Record<string, unknown>>

/** A copy of the own properties of an object, each read once, with no prototype. */
export function checkObject(value: unknown, argument: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TypeError(`${argument} must be an object, got ${show(value)}`)
  return { __proto__: null, ...value } as Fields
}

/** Refuses a key that is none of `known`, unless it is undefined. */
export function checkOptions<T>(value: unknown, known: readonly (keyof T & string)[]): Partial<T> {
  const options = checkObject(value, 'options')
  for (const key of Object.keys(options))
    if (options[key] !== undefined && !(known as readonly string[]).includes(key))
      throw new TypeError(`options must have keys among ${known.join(', ')}, got ${show(key)}`)
  return options as Partial<T>
}

export function checkInteger(value: unknown, argument: string, min: number, max: number): number {
  if (typeof value !== 'number') throw new TypeError(`${argument} must be a number, got ${show(value)}`)
  if (!Number.isInteger(value) || value < min || value > max)
    throw new RangeError(`${argument} must be an integer from ${min} to ${max}, got ${show(value)}`)
  return value
}

/** A number that need be no integer. */
export function checkNumber(value: unknown, argument: string, min: number, max: number): number {
  if (typeof value !== 'number') throw new TypeError(`${argument} must be a number, got ${show(value)}`)
  if (value >= min && value <= max) return value
  throw new RangeError(`${argument} must be from ${min} to ${max}, got ${show(value)}`)
}

export function checkOneOf<T>(value: unknown, choices: readonly T[], argument: string): T {
  if (choices.includes(value as T)) return value as T
  throw new TypeError(`${argument} must be one of ${choices.join(', ')}, got ${show(value)}`)
}

export function checkFunction<F>(value: F, argument: string): F {
  if (typeof value !== 'function') throw new TypeError(`${argument} must be a function, got ${show(value)}`)
  return value
}
