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
import { atomicAccess } from './atomic-access.ts'
import { bits32 } from './bits.ts'

/**
 * An emulated CPU's atomic instruction of 8, 16 or 32 bits (x86's lock prefix, RISC-V's AMO, Arm's LDADD): the value at
 * `address` is loaded, and what the operation makes of it is stored, in the target's byte order; nobody's store comes in
 * between (RULES I5; docs/ATOMICS.md has what is exclusive with what). It is sequentially consistent, on every host.
 *
 * How it ended is in `space.result`, as of a load or a store. Nothing is stored where the load fails.
 *
 * The thread of the space calls it. It allocates nothing where the bytes are RAM, and aligned.
 *
 * @param address Bytes, 0 to 2^53 - 1. @throws RangeError where it is none.
 * @param value An integer, of which the low bits count: -1 is all ones. @throws TypeError or RangeError where it is none.
 * @returns What was there before, unsigned; 0 where nothing could be loaded.
 */
export type AtomicOperation = (space: AddressSpace, address: number, value: number, attrs?: MemTxAttrs) => number

/**
 * The same of an instruction that compares first (x86's CMPXCHG, Arm's CAS): `replacement` is stored where the value is
 * `expected`. It was if what is returned is `expected`, modulo the size. Else no byte of RAM is stored and no page is
 * marked; a device gets its old value written again, as x86 and QEMU do.
 */
export type AtomicCompareExchange = (
  space: AddressSpace,
  address: number,
  expected: number,
  replacement: number,
  attrs?: MemTxAttrs,
) => number

function operation(code: Operation, size: number): AtomicOperation {
  return (space, address, value, attrs) =>
    atomicAccess(space, code, size, address, bitsOf(value, 'value', size), 0, attrs)
}

function compareExchange(size: number): AtomicCompareExchange {
  return (space, address, expected, replacement, attrs) => {
    const wanted = bitsOf(expected, 'expected', size)
    return atomicAccess(space, COMPARE_EXCHANGE, size, address, bitsOf(replacement, 'replacement', size), wanted, attrs)
  }
}

/** The low bits of an integer: of 4 bytes signed, of fewer unsigned. */
function bitsOf(value: number, argument: string, size: number): number {
  const bits = bits32(value, argument)
  return size === 4 ? bits : size === 2 ? bits & 0xffff : bits & 0xff
}

/** Stores a replacement where the expected value is: 8 bits, as {@link atomicCompareExchange32}. */
export const atomicCompareExchange8: AtomicCompareExchange = /* @__PURE__ */ compareExchange(1)
/** Stores a replacement where the expected value is: 16 bits, as {@link atomicCompareExchange32}. */
export const atomicCompareExchange16: AtomicCompareExchange = /* @__PURE__ */ compareExchange(2)
/** Stores a replacement where the expected value is: 32 bits; gives what was there before. */
export const atomicCompareExchange32: AtomicCompareExchange = /* @__PURE__ */ compareExchange(4)

/** Stores the value: 8 bits, as {@link atomicAdd32}. */
export const atomicExchange8: AtomicOperation = /* @__PURE__ */ operation(EXCHANGE, 1)
/** Stores the value: 16 bits, as {@link atomicAdd32}. */
export const atomicExchange16: AtomicOperation = /* @__PURE__ */ operation(EXCHANGE, 2)
/** Stores the value: 32 bits, as {@link atomicAdd32}. */
export const atomicExchange32: AtomicOperation = /* @__PURE__ */ operation(EXCHANGE, 4)

/** Adds, modulo 2^8: 8 bits, as {@link atomicAdd32}. */
export const atomicAdd8: AtomicOperation = /* @__PURE__ */ operation(ADD, 1)
/** Adds, modulo 2^16: 16 bits, as {@link atomicAdd32}. */
export const atomicAdd16: AtomicOperation = /* @__PURE__ */ operation(ADD, 2)
/** Adds, modulo 2^32; to subtract, add what is negative. Gives what was there before. */
export const atomicAdd32: AtomicOperation = /* @__PURE__ */ operation(ADD, 4)

/** Stores the bitwise and: 8 bits, as {@link atomicAdd32}. */
export const atomicAnd8: AtomicOperation = /* @__PURE__ */ operation(AND, 1)
/** Stores the bitwise and: 16 bits, as {@link atomicAdd32}. */
export const atomicAnd16: AtomicOperation = /* @__PURE__ */ operation(AND, 2)
/** Stores the bitwise and: 32 bits, as {@link atomicAdd32}. */
export const atomicAnd32: AtomicOperation = /* @__PURE__ */ operation(AND, 4)

/** Stores the bitwise or: 8 bits, as {@link atomicAdd32}. */
export const atomicOr8: AtomicOperation = /* @__PURE__ */ operation(OR, 1)
/** Stores the bitwise or: 16 bits, as {@link atomicAdd32}. */
export const atomicOr16: AtomicOperation = /* @__PURE__ */ operation(OR, 2)
/** Stores the bitwise or: 32 bits, as {@link atomicAdd32}. */
export const atomicOr32: AtomicOperation = /* @__PURE__ */ operation(OR, 4)

/** Stores the bitwise exclusive or: 8 bits, as {@link atomicAdd32}. */
export const atomicXor8: AtomicOperation = /* @__PURE__ */ operation(XOR, 1)
/** Stores the bitwise exclusive or: 16 bits, as {@link atomicAdd32}. */
export const atomicXor16: AtomicOperation = /* @__PURE__ */ operation(XOR, 2)
/** Stores the bitwise exclusive or: 32 bits, as {@link atomicAdd32}. */
export const atomicXor32: AtomicOperation = /* @__PURE__ */ operation(XOR, 4)

/** Stores the lesser of two, as signed numbers (RISC-V's amomin): 8 bits, as {@link atomicAdd32}. */
export const atomicMinSigned8: AtomicOperation = /* @__PURE__ */ operation(MIN_SIGNED, 1)
/** Stores the lesser of two, as signed numbers (RISC-V's amomin): 16 bits, as {@link atomicAdd32}. */
export const atomicMinSigned16: AtomicOperation = /* @__PURE__ */ operation(MIN_SIGNED, 2)
/** Stores the lesser of two, as signed numbers (RISC-V's amomin): 32 bits, as {@link atomicAdd32}. */
export const atomicMinSigned32: AtomicOperation = /* @__PURE__ */ operation(MIN_SIGNED, 4)

/** Stores the greater of two, as signed numbers (amomax): 8 bits, as {@link atomicAdd32}. */
export const atomicMaxSigned8: AtomicOperation = /* @__PURE__ */ operation(MAX_SIGNED, 1)
/** Stores the greater of two, as signed numbers (amomax): 16 bits, as {@link atomicAdd32}. */
export const atomicMaxSigned16: AtomicOperation = /* @__PURE__ */ operation(MAX_SIGNED, 2)
/** Stores the greater of two, as signed numbers (amomax): 32 bits, as {@link atomicAdd32}. */
export const atomicMaxSigned32: AtomicOperation = /* @__PURE__ */ operation(MAX_SIGNED, 4)

/** Stores the lesser of two, unsigned (amominu): 8 bits, as {@link atomicAdd32}. */
export const atomicMinUnsigned8: AtomicOperation = /* @__PURE__ */ operation(MIN_UNSIGNED, 1)
/** Stores the lesser of two, unsigned (amominu): 16 bits, as {@link atomicAdd32}. */
export const atomicMinUnsigned16: AtomicOperation = /* @__PURE__ */ operation(MIN_UNSIGNED, 2)
/** Stores the lesser of two, unsigned (amominu): 32 bits, as {@link atomicAdd32}. */
export const atomicMinUnsigned32: AtomicOperation = /* @__PURE__ */ operation(MIN_UNSIGNED, 4)

/** Stores the greater of two, unsigned (amomaxu): 8 bits, as {@link atomicAdd32}. */
export const atomicMaxUnsigned8: AtomicOperation = /* @__PURE__ */ operation(MAX_UNSIGNED, 1)
/** Stores the greater of two, unsigned (amomaxu): 16 bits, as {@link atomicAdd32}. */
export const atomicMaxUnsigned16: AtomicOperation = /* @__PURE__ */ operation(MAX_UNSIGNED, 2)
/** Stores the greater of two, unsigned (amomaxu): 32 bits, as {@link atomicAdd32}. */
export const atomicMaxUnsigned32: AtomicOperation = /* @__PURE__ */ operation(MAX_UNSIGNED, 4)
