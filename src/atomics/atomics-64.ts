import { show } from '../check.ts'
import {
  ADD,
  AND,
  COMPARE_EXCHANGE,
  EXCHANGE,
  MAX_SIGNED,
  MAX_UNSIGNED,
  MIN_SIGNED,
  MIN_UNSIGNED,
  type Operation,
  OR,
  XOR,
} from '../ram/atomic/operation.ts'
import type { MemTxAttrs } from '../request/attrs.ts'
import type { AddressSpace } from '../space/address-space.ts'
import { atomicAccess64 } from './atomic-access.ts'
import { bits32 } from './bits.ts'

/**
 * Of 64 bits, as AtomicOperation is of fewer: with bigints, taken modulo 2^64; what it returns is unsigned.
 *
 * @throws TypeError where `value` is no bigint.
 */
export type AtomicOperation64 = (space: AddressSpace, address: number, value: bigint, attrs?: MemTxAttrs) => bigint

/** As AtomicCompareExchange. */
export type AtomicCompareExchange64 = (
  space: AddressSpace,
  address: number,
  expected: bigint,
  replacement: bigint,
  attrs?: MemTxAttrs,
) => bigint

/**
 * 64 bits as two numbers, each taken modulo 2^32: returns the low half of what was there, unsigned, and leaves the high one in
 * `space.high`, as `load64Pair` does.
 */
export type AtomicOperation64Pair = (
  space: AddressSpace,
  address: number,
  low: number,
  high: number,
  attrs?: MemTxAttrs,
) => number

/** As AtomicOperation64Pair: `expected` and the replacement in halves, the low one first. */
export type AtomicCompareExchange64Pair = (
  space: AddressSpace,
  address: number,
  expectedLow: number,
  expectedHigh: number,
  low: number,
  high: number,
  attrs?: MemTxAttrs,
) => number

function operation(code: Operation): AtomicOperation64 {
  return (space, address, value, attrs) => atomicAccess64(space, code, address, bitsOf(value, 'value'), 0n, attrs)
}

function pair(code: Operation): AtomicOperation64Pair {
  return (space, address, low, high, attrs) =>
    halve(space, atomicAccess64(space, code, address, join(low, high, 'low', 'high'), 0n, attrs))
}

function halve(space: AddressSpace, found: bigint): number {
  space.noteHigh(Number(found >> 32n))
  return Number(found & 0xffff_ffffn)
}

function join(low: number, high: number, lowName: string, highName: string): bigint {
  return (BigInt(bits32(high, highName) >>> 0) << 32n) | BigInt(bits32(low, lowName) >>> 0)
}

function bitsOf(value: bigint, argument: string): bigint {
  if (typeof value !== 'bigint') throw new TypeError(`${argument} must be a bigint, got ${show(value)}`)
  return BigInt.asUintN(64, value)
}

/** Stores a replacement where the expected value is: 64 bits; gives what was there before. */
export const atomicCompareExchange64: AtomicCompareExchange64 = (space, address, expected, replacement, attrs) => {
  const wanted = bitsOf(expected, 'expected')
  return atomicAccess64(space, COMPARE_EXCHANGE, address, bitsOf(replacement, 'replacement'), wanted, attrs)
}
/** Stores the value: 64 bits, as {@link atomicAdd64}. */
export const atomicExchange64: AtomicOperation64 = /* @__PURE__ */ operation(EXCHANGE)
/** Adds, modulo 2^64: 64 bits; gives what was there before. */
export const atomicAdd64: AtomicOperation64 = /* @__PURE__ */ operation(ADD)
/** Stores the bitwise and: 64 bits, as {@link atomicAdd64}. */
export const atomicAnd64: AtomicOperation64 = /* @__PURE__ */ operation(AND)
/** Stores the bitwise or: 64 bits, as {@link atomicAdd64}. */
export const atomicOr64: AtomicOperation64 = /* @__PURE__ */ operation(OR)
/** Stores the bitwise exclusive or: 64 bits, as {@link atomicAdd64}. */
export const atomicXor64: AtomicOperation64 = /* @__PURE__ */ operation(XOR)
/** Stores the lesser of two, as signed numbers (RISC-V's amomin): 64 bits, as {@link atomicAdd64}. */
export const atomicMinSigned64: AtomicOperation64 = /* @__PURE__ */ operation(MIN_SIGNED)
/** Stores the greater of two, as signed numbers (amomax): 64 bits, as {@link atomicAdd64}. */
export const atomicMaxSigned64: AtomicOperation64 = /* @__PURE__ */ operation(MAX_SIGNED)
/** Stores the lesser of two, unsigned (amominu): 64 bits, as {@link atomicAdd64}. */
export const atomicMinUnsigned64: AtomicOperation64 = /* @__PURE__ */ operation(MIN_UNSIGNED)
/** Stores the greater of two, unsigned (amomaxu): 64 bits, as {@link atomicAdd64}. */
export const atomicMaxUnsigned64: AtomicOperation64 = /* @__PURE__ */ operation(MAX_UNSIGNED)

/** Stores a replacement where the expected value is: 64 bits, as two numbers; gives what was there before. */
export const atomicCompareExchange64Pair: AtomicCompareExchange64Pair = (
  space,
  address,
  expectedLow,
  expectedHigh,
  low,
  high,
  attrs,
) => {
  const wanted = join(expectedLow, expectedHigh, 'expectedLow', 'expectedHigh')
  return halve(space, atomicAccess64(space, COMPARE_EXCHANGE, address, join(low, high, 'low', 'high'), wanted, attrs))
}
/** Stores the value: 64 bits, as two numbers, as {@link atomicAdd64Pair}. */
export const atomicExchange64Pair: AtomicOperation64Pair = /* @__PURE__ */ pair(EXCHANGE)
/** Adds, modulo 2^64: 64 bits, as two numbers; gives what was there before. */
export const atomicAdd64Pair: AtomicOperation64Pair = /* @__PURE__ */ pair(ADD)
/** Stores the bitwise and: 64 bits, as two numbers, as {@link atomicAdd64Pair}. */
export const atomicAnd64Pair: AtomicOperation64Pair = /* @__PURE__ */ pair(AND)
/** Stores the bitwise or: 64 bits, as two numbers, as {@link atomicAdd64Pair}. */
export const atomicOr64Pair: AtomicOperation64Pair = /* @__PURE__ */ pair(OR)
/** Stores the bitwise exclusive or: 64 bits, as two numbers, as {@link atomicAdd64Pair}. */
export const atomicXor64Pair: AtomicOperation64Pair = /* @__PURE__ */ pair(XOR)
/** Stores the lesser of two, as signed numbers (RISC-V's amomin): 64 bits, as two numbers, as {@link atomicAdd64Pair}. */
export const atomicMinSigned64Pair: AtomicOperation64Pair = /* @__PURE__ */ pair(MIN_SIGNED)
/** Stores the greater of two, as signed numbers (amomax): 64 bits, as two numbers, as {@link atomicAdd64Pair}. */
export const atomicMaxSigned64Pair: AtomicOperation64Pair = /* @__PURE__ */ pair(MAX_SIGNED)
/** Stores the lesser of two, unsigned (amominu): 64 bits, as two numbers, as {@link atomicAdd64Pair}. */
export const atomicMinUnsigned64Pair: AtomicOperation64Pair = /* @__PURE__ */ pair(MIN_UNSIGNED)
/** Stores the greater of two, unsigned (amomaxu): 64 bits, as two numbers, as {@link atomicAdd64Pair}. */
export const atomicMaxUnsigned64Pair: AtomicOperation64Pair = /* @__PURE__ */ pair(MAX_UNSIGNED)
