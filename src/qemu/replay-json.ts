import { type Fields, ownFields, ownItem } from './own-fields.ts'
import { shownValue } from './shown-value.ts'

// Checks of recorded JSON. Each throws a TypeError that names the path of the bad field and its value.

/** @param expected What the field must be. */
export function wrong(path: string, expected: string, value: unknown): TypeError {
  return new TypeError(`${path} must be ${expected}, got ${shownValue(value)}`)
}

export function fieldsAt(value: unknown, path: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return ownFields(value)
  throw wrong(path, 'an object', value)
}

/** @param length How many items there must be; any number unless said. */
export function listAt(value: unknown, path: string, length?: number): readonly unknown[] {
  if (Array.isArray(value) && (length === undefined || value.length === length)) return value
  throw wrong(path, length === undefined ? 'an array' : `an array of ${length}`, value)
}

/** The items of an array, each read in its turn: the first that is wrong ends it, however long the array says it is. */
export function itemsAt<T>(
  value: unknown,
  path: string,
  read: (item: unknown, path: string, index: number) => T,
): readonly T[] {
  const list = listAt(value, path)
  const items: T[] = []
  for (let i = 0; i < list.length; i++) items.push(read(ownItem(list, i), `${path}[${i}]`, i))
  return items
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

const REPEATED = /^([0-9a-fA-F]{2})\*([0-9]{1,9})$/
const HEX_BYTES = /^[0-9a-fA-F]*$/

/** `length` bytes in address order: two hexadecimal digits each, or `5a*32` for 32 times the same. */
export function bytesAt(value: unknown, path: string, length: number): Uint8Array {
  const text = textAt(value, path)
  const [, byte, times] = REPEATED.exec(text) ?? []
  if (byte !== undefined && Number(times) === length) return new Uint8Array(length).fill(Number.parseInt(byte, 16))
  if (text.length !== 2 * length || !HEX_BYTES.test(text)) throw wrong(path, `${length} bytes in hexadecimal`, value)
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16)
  return bytes
}
