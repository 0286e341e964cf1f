/** Checks of recorded JSON: each throws a text that names the path of the bad field and its value. */

export function wrong(path: string, expected: string, value: unknown): TypeError {
  return new TypeError(`${path} must be ${expected}, got ${shown(value)}`)
}

function shown(value: unknown): string {
  const text = typeof value === 'bigint' ? String(value) : JSON.stringify(value)
  return text === undefined ? String(value) : text.length > 80 ? `${text.slice(0, 77)}...` : text
}

export function fieldsAt(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw wrong(path, 'an object', value)
}

/** @param length How many items there must be; any number unless said. */
export function listAt(value: unknown, path: string, length?: number): readonly unknown[] {
  if (Array.isArray(value) && (length === undefined || value.length === length)) return value
  throw wrong(path, length === undefined ? 'an array' : `an array of ${length}`, value)
}

export function textAt(value: unknown, path: string): string {
  if (typeof value === 'string') return value
  throw wrong(path, 'a string', value)
}

export function flagAt(value: unknown, path: string): boolean {
  if (typeof value === 'boolean') return value
  throw wrong(path, 'a boolean', value)
}

export function choiceAt<T extends string>(value: unknown, choices: readonly T[], path: string): T {
  if (choices.includes(value as T)) return value as T
  throw wrong(path, `one of ${choices.join(', ')}`, value)
}

export function integerAt(value: unknown, path: string, min: number, max: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value
  throw wrong(path, `an integer from ${min} to ${max}`, value)
}

const HEX_64 = /^0x[0-9a-fA-F]{1,16}$/

/** A 64-bit number as the recordings write it: `0x` and hexadecimal digits. */
export function hexAt(value: unknown, path: string): bigint {
  if (typeof value === 'string' && HEX_64.test(value)) return BigInt(value)
  throw wrong(path, 'a hexadecimal string below 2^64', value)
}

const HEX_BYTES = /^(?:[0-9a-fA-F]{2})*$/
const REPEATED = /^([0-9a-fA-F]{2})\*([0-9]{1,9})$/

/** `length` bytes in address order: two hexadecimal digits each, or `5a*32` for 32 times the same. */
export function bytesAt(value: unknown, path: string, length: number): Uint8Array {
  const text = textAt(value, path)
  const bytes = new Uint8Array(length)
  const [, byte, times] = REPEATED.exec(text) ?? []
  if (byte !== undefined && Number(times) === length) return bytes.fill(Number.parseInt(byte, 16))
  if (!HEX_BYTES.test(text) || text.length !== 2 * length) throw wrong(path, `${length} bytes in hexadecimal`, value)
  for (let i = 0; i < length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16)
  return bytes
}
