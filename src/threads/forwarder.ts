import { type MemoryRegionOps, type MemTxAttrs, type MemTxFault, MemTxResult, memTxFault, memTxResult } from 'guestmem'
import { ATOMIC_NAMES } from './atomic-names.ts'
import { RUN_BYTES } from './layout.ts'
import { ATOMIC, LOAD, OPERATION_SHIFT, POSTED_STORE, READ, STORE, WRITE } from './request.ts'

/** What a member asks the owner through. */
export interface Requester {
  /** The answer to the latest `ask`. */
  readonly low: number
  readonly high: number
  /** The bytes of READ and WRITE. */
  readonly run: Uint8Array
  /** Waits for the owner's answer. @returns A set of MemTxResult bits. */
  ask(
    kind: number,
    size: number,
    address: number,
    low: number,
    high: number,
    attrs: MemTxAttrs,
    expectedLow?: number,
    expectedHigh?: number,
  ): number
  /** Is not waited for. */
  post(kind: number, size: number, address: number, low: number, high: number, attrs: MemTxAttrs): void
  /** Whether an event notifier takes the store. */
  notifies(address: number, size: number, low: number, high: number): boolean
}

export type IsPosted = (address: number, size: number) => boolean

/**
 * The handlers of a region whose accesses are made by the owner, at the same address. It takes every size at every address,
 * and requests whole: the owner's space says what is accepted, and cuts (RULES E4).
 *
 * @param base The address of the region's offset 0.
 * @param isPosted Which stores are not waited for.
 */
export function forwardingOps(requester: Requester, base: number, isPosted: IsPosted): MemoryRegionOps {
  const store = (offset: number, size: number, low: number, high: number, attrs: MemTxAttrs): MemTxResult => {
    const address = base + offset
    if (requester.notifies(address, size, low, high)) return MemTxResult.OK
    if (!isPosted(address, size)) return memTxResult(requester.ask(STORE, size, address, low, high, attrs))
    requester.post(POSTED_STORE, size, address, low, high, attrs)
    return MemTxResult.OK
  }
  /** Requests that are longer than what goes across at once end at multiples of that, so that no aligned piece is cut. */
  const eachRun = (offset: number, length: number, act: (address: number, at: number, size: number) => number) => {
    let result = 0
    for (let at = 0; at < length; ) {
      const address = base + offset + at
      const size = Math.min(length - at, RUN_BYTES - (address % RUN_BYTES))
      result |= act(address, at, size)
      at += size
    }
    return result === 0 ? MemTxResult.OK : memTxFault(result)
  }
  const answer64 = (result: number): bigint | MemTxFault => {
    const value = (BigInt(requester.high) << 32n) | BigInt(requester.low >>> 0)
    if (result === 0) return value
    // A fault's value is a number: of 64 bits, those that one holds.
    return memTxFault(result, Number.isSafeInteger(Number(value)) ? Number(value) : 0)
  }
  return {
    read(offset, size, attrs) {
      const result = requester.ask(LOAD, size, base + offset, 0, 0, attrs)
      if (result === 0) return requester.low
      return requester.low === 0 ? memTxFault(result) : memTxFault(result, requester.low)
    },
    write: (offset, value, size, attrs) => store(offset, size, value | 0, 0, attrs),
    read64(offset, attrs) {
      const result = requester.ask(LOAD, 8, base + offset, 0, 0, attrs)
      return answer64(result)
    },
    write64: (offset, value, attrs) => store(offset, 8, lowOf(value), highOf(value), attrs),
    readBytes: (offset, into, attrs) =>
      eachRun(offset, into.length, (address, at, size) => {
        const result = requester.ask(READ, size, address, 0, 0, attrs)
        into.set(requester.run.subarray(0, size), at)
        return result
      }),
    writeBytes: (offset, from, attrs) =>
      eachRun(offset, from.length, (address, at, size) => {
        requester.run.set(from.subarray(at, at + size))
        return requester.ask(WRITE, size, address, 0, 0, attrs)
      }),
    atomics(offset, size, operation, operand, expected, attrs) {
      const kind = ATOMIC | (ATOMIC_NAMES.indexOf(operation) << OPERATION_SHIFT)
      const [low, high, wanted, wantedHigh] =
        typeof operand === 'bigint'
          ? [lowOf(operand), highOf(operand), lowOf(expected as bigint), highOf(expected as bigint)]
          : [operand, 0, expected as number, 0]
      const result = requester.ask(kind, size, base + offset, low, high, attrs, wanted, wantedHigh)
      if (size === 8) return answer64(result)
      return result === 0 ? requester.low : memTxFault(result, requester.low >>> 0)
    },
    bridge: true,
    valid: { minSize: 1, maxSize: 8, unaligned: true },
    impl: { minSize: 1, maxSize: 8, unaligned: true },
  }
}

function lowOf(value: bigint): number {
  return Number(BigInt.asIntN(32, value))
}

function highOf(value: bigint): number {
  return Number(BigInt.asIntN(32, value >> 32n))
}
