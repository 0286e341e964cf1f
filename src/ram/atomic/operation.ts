import type { Value } from '../access/cell-values.ts'

/** What an atomic access makes of the value that it finds. Small integers, so that a switch over them is a jump. */
export type Operation = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9

export const EXCHANGE = 0
export const COMPARE_EXCHANGE = 1
export const ADD = 2
export const AND = 3
export const OR = 4
export const XOR = 5
export const MIN_SIGNED = 6
export const MAX_SIGNED = 7
export const MIN_UNSIGNED = 8
export const MAX_UNSIGNED = 9

/**
 * The value to be stored, unsigned. `COMPARE_EXCHANGE` gives `found` again where that is not what was expected.
 *
 * @param found Unsigned, of `size` bytes, as the other two are.
 */
export function combine(operation: Operation, found: number, operand: number, expected: number, size: number): number {
  // Signed numbers of any size are ordered as 32-bit integers are once their sign is the highest bit.
  const shift = 32 - 8 * size
  switch (operation) {
    case EXCHANGE:
      return operand
    case COMPARE_EXCHANGE:
      return found === expected ? operand : found
    case ADD:
      return ((found + operand) << shift) >>> shift
    case AND:
      return (found & operand) >>> 0
    case OR:
      return (found | operand) >>> 0
    case XOR:
      return (found ^ operand) >>> 0
    case MIN_SIGNED:
      return operand << shift < found << shift ? operand : found
    case MAX_SIGNED:
      return operand << shift > found << shift ? operand : found
    case MIN_UNSIGNED:
      return Math.min(operand, found)
    default:
      return Math.max(operand, found)
  }
}

/** The same of bigints, of any size: 64 bits, and what is made of several accesses. */
export function combineWide(
  operation: Operation,
  found: bigint,
  operand: bigint,
  expected: bigint,
  size: number,
): bigint {
  const bits = 8 * size
  switch (operation) {
    case EXCHANGE:
      return operand
    case COMPARE_EXCHANGE:
      return found === expected ? operand : found
    case ADD:
      return BigInt.asUintN(bits, found + operand)
    case AND:
      return found & operand
    case OR:
      return found | operand
    case XOR:
      return found ^ operand
    case MIN_SIGNED:
      return BigInt.asIntN(bits, operand) < BigInt.asIntN(bits, found) ? operand : found
    case MAX_SIGNED:
      return BigInt.asIntN(bits, operand) > BigInt.asIntN(bits, found) ? operand : found
    case MIN_UNSIGNED:
      return operand < found ? operand : found
    default:
      return operand > found ? operand : found
  }
}

/** Either, as `size` has it. */
export function combineValue(operation: Operation, found: Value, operand: Value, expected: Value, size: number): Value {
  return size === 8
    ? combineWide(operation, found as bigint, operand as bigint, expected as bigint, size)
    : combine(operation, found as number, operand as number, expected as number, size)
}
