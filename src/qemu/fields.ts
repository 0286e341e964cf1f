import { type Fields, ownFields } from './own-fields.ts'
import { shownWord } from './shown-value.ts'

// A machine read as JSON, found out field by field. Each check throws a TypeError that names the field and its value.

/** @param what What it must be. */
export function refuse(what: string, where: string, value: unknown): never {
  throw new TypeError(`${where} must be ${what}, got ${shownWord(value)}`)
}

export function objectAt(value: unknown, where: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse('an object', where, value)
  return ownFields(value)
}

export function arrayAt(value: unknown, where: string): readonly unknown[] {
  return Array.isArray(value) ? value : refuse('an array', where, value)
}

/** A string that is not blank, as the name of a region or of a space must be. */
export function nameAt(value: unknown, where: string): string {
  if (typeof value !== 'string') return refuse('a string', where, value)
  return value.trim() === '' ? refuse('a string that is not empty', where, value) : value
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

const HEX = /^0x[0-9a-f]{1,17}$/i

/** Hexadecimal, as in "0xfee00000". */
export function hexAt(value: unknown, where: string, max: bigint): bigint {
  const hex = typeof value === 'string' && HEX.test(value) ? BigInt(value) : -1n
  return hex >= 0n && hex <= max ? hex : refuse(`a hexadecimal string from 0x0 to 0x${max.toString(16)}`, where, value)
}
