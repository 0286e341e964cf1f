import type { AddressSpace, MemTxAttrs } from 'guestmem'
import * as guestmem from 'guestmem'

export const OPERATIONS = [
  'CompareExchange',
  'Exchange',
  'Add',
  'And',
  'Or',
  'Xor',
  'MinSigned',
  'MaxSigned',
  'MinUnsigned',
  'MaxUnsigned',
] as const
export type OperationName = (typeof OPERATIONS)[number]
export const SIZES = [1, 2, 4, 8] as const
export type Size = (typeof SIZES)[number]

type Call = (space: AddressSpace, ...rest: unknown[]) => number | bigint

export function named(name: string): Call {
  return (guestmem as unknown as Record<string, Call>)[name] as Call
}

/** An atomic access by its public name. Of 8 bytes as a bigint, or with `pair` as two numbers. */
export function atomic(
  space: AddressSpace,
  operation: OperationName,
  size: Size,
  address: number,
  operand: bigint,
  expected = 0n,
  { attrs, pair = false }: { readonly attrs?: MemTxAttrs; readonly pair?: boolean } = {},
): bigint {
  const values = operation === 'CompareExchange' ? [expected, operand] : [operand]
  const call = named(`atomic${operation}${8 * size}${pair ? 'Pair' : ''}`)
  if (pair) {
    const halves = values.flatMap(value => [Number(value & 0xffff_ffffn), Number((value >> 32n) & 0xffff_ffffn)])
    const low = call(space, address, ...halves, attrs) as number
    return (BigInt(space.high) << 32n) | BigInt(low)
  }
  return BigInt(call(space, address, ...(size === 8 ? values : values.map(Number)), attrs))
}

/**
 * What an operation stores, worked out byte by byte and bit by bit, lowest first, with nothing shared with the library: sums
 * carry from byte to byte, comparisons begin with the highest bit. Values are arrays of bytes, the lowest first.
 */
export function expectedBytes(
  operation: OperationName,
  found: readonly number[],
  operand: readonly number[],
  expected: readonly number[],
): number[] {
  const signed = operation.endsWith('Signed') && !operation.endsWith('Unsigned')
  /** Whether a is less than b. */
  const less = (a: readonly number[], b: readonly number[]): boolean => {
    for (let i = a.length - 1; i >= 0; i--) {
      const flip = signed && i === a.length - 1 ? 0x80 : 0
      const [x, y] = [(a[i] as number) ^ flip, (b[i] as number) ^ flip]
      if (x !== y) return x < y
    }
    return false
  }
  let carry = 0
  const bytewise = (of: (a: number, b: number) => number) => found.map((byte, i) => of(byte, operand[i] as number))
  switch (operation) {
    case 'CompareExchange':
      return [...(found.every((byte, i) => byte === expected[i]) ? operand : found)]
    case 'Exchange':
      return [...operand]
    case 'Add':
      return bytewise((a, b) => {
        const sum = a + b + carry
        carry = sum >> 8
        return sum & 0xff
      })
    case 'And':
      return bytewise((a, b) => a & b)
    case 'Or':
      return bytewise((a, b) => a | b)
    case 'Xor':
      return bytewise((a, b) => a ^ b)
    case 'MinSigned':
    case 'MinUnsigned':
      return [...(less(operand, found) ? operand : found)]
    default:
      return [...(less(found, operand) ? operand : found)]
  }
}

/** The bytes of a value, the lowest first. */
export function bytesOf(value: bigint, size: number): number[] {
  return Array.from({ length: size }, (_, i) => Number(BigInt.asUintN(8, value >> BigInt(8 * i))))
}

export function numberOf(bytes: readonly number[]): bigint {
  return bytes.reduce((all, byte, i) => all | (BigInt(byte) << BigInt(8 * i)), 0n)
}
