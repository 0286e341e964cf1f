import { checkInteger, show } from '../check.ts'

/**
 * How an access ended: a set of bits, OR-ed over the pieces of a request (RULES E7). What a guest can cause is a
 * result and never an exception.
 *
 * To TypeScript no other number is one: a handler that returns another has most often returned a register's value by
 * mistake. What is OR-ed is a plain number, and `memTxResult` makes it a result again.
 */
export type MemTxResult = number & { readonly brand: 'MemTxResult' }

type Bits<N extends number> = N & MemTxResult

export const MemTxResult: {
  readonly OK: Bits<0>
  /** The device reported an error. */
  readonly ERROR: Bits<1>
  /** Nothing is there, or what is there does not accept such an access. */
  readonly DECODE_ERROR: Bits<2>
  /** The access is not permitted: a device re-entered itself, devices called one another too deep, or it was for memory alone. */
  readonly ACCESS_ERROR: Bits<4>
} = /* @__PURE__ */ Object.freeze({
  OK: 0 as Bits<0>,
  ERROR: 1 as Bits<1>,
  DECODE_ERROR: 2 as Bits<2>,
  ACCESS_ERROR: 4 as Bits<4>,
})

/**
 * A number as a result: of several that were OR-ed.
 *
 * @param bits A set of MemTxResult bits, 0 to 7. @throws RangeError where it is none.
 */
export function memTxResult(bits: number): MemTxResult {
  return checkBits(bits, 'bits', 0)
}

/** What a handler returns where the access failed, in place of a value or a result. Made by `memTxFault`. Immutable. */
export class MemTxFault {
  readonly result: MemTxResult
  /** What a read gives all the same: its low bytes, as of a handler's answer. */
  readonly value: number

  /** @param result A set of MemTxResult bits, 1 to 7. @throws RangeError where it is none. */
  constructor(result: number, value = 0) {
    this.result = checkBits(result, 'result', 1)
    this.value = checkInteger(value, 'value', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
    Object.freeze(this)
  }
}

const faults: (MemTxFault | undefined)[] = []

/**
 * The fault that a handler returns to end its access with `result`. Where nothing is given as `value`, it is the same
 * object each time: nothing is allocated.
 *
 * @param result A set of MemTxResult bits, 1 to 7: of several, `a | b`.
 * @param value What a read gives all the same: 0 unless said, -1 for all ones, as of a bus that nobody drives.
 * @throws RangeError where one of them is none.
 */
export function memTxFault(result: number, value?: number): MemTxFault {
  const bits = checkBits(result, 'result', 1)
  if (value !== undefined) return new MemTxFault(bits, value)
  faults[bits] ??= new MemTxFault(bits)
  return faults[bits]
}

function checkBits(bits: unknown, argument: string, min: number): MemTxResult {
  if (Number.isInteger(bits) && (bits as number) >= min && (bits as number) <= 7) return bits as MemTxResult
  throw new RangeError(`${argument} must be a set of MemTxResult bits from ${min} to 7, got ${show(bits)}`)
}
