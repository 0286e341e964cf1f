/** A machine read as JSON, found out field by field. Each check throws a TypeError that names the field and its value. */
export type Fields = Readonly<Record<string, unknown>>

function refuse(what: string, where: string, value: unknown): never {
  throw new TypeError(`${where} must be ${what}, got ${typeof value === 'object' ? 'an object' : String(value)}`)
}

export function objectAt(value: unknown, where: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse('an object', where, value)
  return value as Fields
}

export function arrayAt(value: unknown, where: string): readonly unknown[] {
  return Array.isArray(value) ? value : refuse('an array', where, value)
}

export function textAt(value: unknown, where: string): string {
  return typeof value === 'string' ? value : refuse('a string', where, value)
}

/** What is left out is `otherwise`. */
export function flagAt(value: unknown, where: string, otherwise: boolean): boolean {
  if (value === undefined) return otherwise
  return typeof value === 'boolean' ? value : refuse('a boolean', where, value)
}

export function integerAt(value: unknown, where: string, min: number, max: number): number {
  const fits = typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
  return fits ? value : refuse(`an integer from ${min} to ${max}`, where, value)
}

/** Hexadecimal, as in "0xfee00000". */
export function hexAt(value: unknown, where: string, max: bigint): bigint {
  const hex = typeof value === 'string' && /^0x[0-9a-f]+$/i.test(value) ? BigInt(value) : -1n
  return hex >= 0n && hex <= max ? hex : refuse(`a hexadecimal string from 0x0 to 0x${max.toString(16)}`, where, value)
}
