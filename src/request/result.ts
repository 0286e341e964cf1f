/**
 * How an access ended: a set of bits, OR-ed over the pieces of a request (RULES E7). What a guest can cause is a
 * result and never an exception.
 */
export type MemTxResult = number

export const MemTxResult: {
  readonly OK: 0
  /** The device reported an error. */
  readonly ERROR: 1
  /** Nothing is there, or what is there does not accept such an access. */
  readonly DECODE_ERROR: 2
  /** The access is not permitted: a device re-entered itself, or it was for memory alone. */
  readonly ACCESS_ERROR: 4
} = /* @__PURE__ */ Object.freeze({ OK: 0, ERROR: 1, DECODE_ERROR: 2, ACCESS_ERROR: 4 })

/** What a read handler returns in place of a value when the access failed. Made by `memTxFault`. */
export class MemTxFault {
  readonly result: MemTxResult
  constructor(result: MemTxResult) {
    this.result = result
  }
}

let faults: readonly MemTxFault[] | undefined

/**
 * The fault that a `read` handler returns to end its access with `result`; the data is zero. The same object each
 * time: nothing is allocated.
 *
 * @param result A set of MemTxResult bits, 1 to 7.
 */
export function memTxFault(result: MemTxResult): MemTxFault {
  faults ??= Array.from({ length: 8 }, (_, bits) => Object.freeze(new MemTxFault(bits)))
  const fault = Number.isInteger(result) && result > 0 ? faults[result] : undefined
  if (fault === undefined) throw new RangeError(`result must be a set of MemTxResult bits from 1 to 7, got ${result}`)
  return fault
}
