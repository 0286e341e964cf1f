import { HOST_LITTLE_ENDIAN } from '../../host/endian.ts'
import { swap, swap64 } from '../access/views.ts'
import { ADD, AND, COMPARE_EXCHANGE, combine, combineWide, EXCHANGE, type Operation, OR, XOR } from './operation.ts'

// One aligned atomic access of guest RAM is one atomic access of the host: nobody sees it in part, whatever they access
// the bytes by. Values are in the target's byte order; those of 4 bytes that are handed in may be signed. What is the same in
// either order is done on the bytes as they stand; a sum or a comparison, in the order that the host has not, by trying until
// nobody was quicker.

/**
 * Of 1, 2 or 4 bytes.
 *
 * @param elements Of that width, over guest RAM.
 * @param big The target's byte order.
 * @returns What was there, unsigned.
 */
export function hostAtomic(
  elements: Uint8Array | Uint16Array | Uint32Array,
  index: number,
  operation: Operation,
  operand: number,
  expected: number,
  size: number,
  big: boolean,
): number {
  const swaps = big === HOST_LITTLE_ENDIAN
  // Signed, so that the JIT allocates no double to hand it on.
  const given = (swaps ? swap(operand, size) : operand) | 0
  let found: number
  if (operation === COMPARE_EXCHANGE)
    found = Atomics.compareExchange(elements, index, (swaps ? swap(expected, size) : expected) | 0, given)
  else if (operation === EXCHANGE) found = Atomics.exchange(elements, index, given)
  else if (operation === ADD && (!swaps || size === 1)) found = Atomics.add(elements, index, given)
  else if (operation === AND) found = Atomics.and(elements, index, given)
  else if (operation === OR) found = Atomics.or(elements, index, given)
  else if (operation === XOR) found = Atomics.xor(elements, index, given)
  else return tried(elements, index, operation, operand, size, swaps)
  return swaps ? swap(found, size) : found
}

function tried(
  elements: Uint8Array | Uint16Array | Uint32Array,
  index: number,
  operation: Operation,
  operand: number,
  size: number,
  swaps: boolean,
): number {
  const unsigned = operand >>> 0
  for (let before = Atomics.load(elements, index); ; ) {
    const found = swaps ? swap(before, size) : before
    const next = combine(operation, found, unsigned, 0, size)
    const now = Atomics.compareExchange(elements, index, before | 0, (swaps ? swap(next, size) : next) | 0)
    if (now === before) return found
    before = now
  }
}

/** Of 8 bytes. */
export function hostAtomic64(
  elements: BigUint64Array,
  index: number,
  operation: Operation,
  operand: bigint,
  expected: bigint,
  big: boolean,
): bigint {
  const swaps = big === HOST_LITTLE_ENDIAN
  const given = swaps ? swap64(operand) : operand
  let found: bigint
  if (operation === COMPARE_EXCHANGE)
    found = Atomics.compareExchange(elements, index, swaps ? swap64(expected) : expected, given)
  else if (operation === EXCHANGE) found = Atomics.exchange(elements, index, given)
  else if (operation === ADD && !swaps) found = Atomics.add(elements, index, given)
  else if (operation === AND) found = Atomics.and(elements, index, given)
  else if (operation === OR) found = Atomics.or(elements, index, given)
  else if (operation === XOR) found = Atomics.xor(elements, index, given)
  else return tried64(elements, index, operation, operand, swaps)
  return swaps ? swap64(found) : found
}

function tried64(
  elements: BigUint64Array,
  index: number,
  operation: Operation,
  operand: bigint,
  swaps: boolean,
): bigint {
  for (let before = Atomics.load(elements, index); ; ) {
    const found = swaps ? swap64(before) : before
    const next = combineWide(operation, found, operand, 0n, 8)
    const now = Atomics.compareExchange(elements, index, before, swaps ? swap64(next) : next)
    if (now === before) return found
    before = now
  }
}
