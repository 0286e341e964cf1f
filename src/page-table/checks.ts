// Argument checks of this door. Each throws before anything has changed, with a text that names the argument and its value.

/** A bad value as an error's text shows it. Never throws, whatever the value. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'function') return 'a function'
  if (typeof value !== 'object' || value === null) return String(value)
  return Array.isArray(value) ? 'an array' : 'an object'
}

/** The own properties of options, each read once, with no prototype; a key that is none of `known` is refused. */
export function optionsOf(value: unknown, known: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TypeError(`options must be an object, got ${show(value)}`)
  const options: Record<string, unknown> = Object.assign(Object.create(null), value)
  for (const key of Object.keys(options))
    if (options[key] !== undefined && !known.includes(key))
      throw new TypeError(`options must have keys among ${known.join(', ')}, got ${show(key)}`)
  return options
}

export function integerAt(value: unknown, argument: string, min: number, max: number): number {
  if (typeof value !== 'number') throw new TypeError(`${argument} must be a number, got ${show(value)}`)
  if (!Number.isInteger(value) || value < min || value > max)
    throw new RangeError(`${argument} must be an integer from ${min} to ${max}, got ${value}`)
  return value
}

export function powerOfTwoAt(value: unknown, argument: string, min: number, max: number): number {
  const number = integerAt(value, argument, min, max)
  if (!Number.isInteger(Math.log2(number))) throw new RangeError(`${argument} must be a power of two, got ${number}`)
  return number
}
