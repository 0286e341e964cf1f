import {
  type AddressSpace,
  atomicAdd8,
  atomicAdd16,
  atomicAdd32,
  atomicAdd64Pair,
  atomicAnd8,
  atomicAnd16,
  atomicAnd32,
  atomicAnd64Pair,
  atomicCompareExchange8,
  atomicCompareExchange16,
  atomicCompareExchange32,
  atomicCompareExchange64Pair,
  atomicExchange8,
  atomicExchange16,
  atomicExchange32,
  atomicExchange64Pair,
  atomicMaxSigned8,
  atomicMaxSigned16,
  atomicMaxSigned32,
  atomicMaxSigned64Pair,
  atomicMaxUnsigned8,
  atomicMaxUnsigned16,
  atomicMaxUnsigned32,
  atomicMaxUnsigned64Pair,
  atomicMinSigned8,
  atomicMinSigned16,
  atomicMinSigned32,
  atomicMinSigned64Pair,
  atomicMinUnsigned8,
  atomicMinUnsigned16,
  atomicMinUnsigned32,
  atomicMinUnsigned64Pair,
  atomicOr8,
  atomicOr16,
  atomicOr32,
  atomicOr64Pair,
  atomicXor8,
  atomicXor16,
  atomicXor32,
  atomicXor64Pair,
} from 'guestmem'
import { ATOMIC_NAMES } from './atomic-names.ts'
import type { Request } from './request.ts'

/** By the numbers of ATOMIC_NAMES: of 1, 2, 4 and 8 bytes. */
const OPERATIONS = [
  [atomicExchange8, atomicExchange16, atomicExchange32, atomicExchange64Pair],
  [atomicCompareExchange8, atomicCompareExchange16, atomicCompareExchange32, atomicCompareExchange64Pair],
  [atomicAdd8, atomicAdd16, atomicAdd32, atomicAdd64Pair],
  [atomicAnd8, atomicAnd16, atomicAnd32, atomicAnd64Pair],
  [atomicOr8, atomicOr16, atomicOr32, atomicOr64Pair],
  [atomicXor8, atomicXor16, atomicXor32, atomicXor64Pair],
  [atomicMinSigned8, atomicMinSigned16, atomicMinSigned32, atomicMinSigned64Pair],
  [atomicMaxSigned8, atomicMaxSigned16, atomicMaxSigned32, atomicMaxSigned64Pair],
  [atomicMinUnsigned8, atomicMinUnsigned16, atomicMinUnsigned32, atomicMinUnsigned64Pair],
  [atomicMaxUnsigned8, atomicMaxUnsigned16, atomicMaxUnsigned32, atomicMaxUnsigned64Pair],
] as const

/** Makes a member's atomic access. @returns What was there; of 8 bytes its low half, and the high one is in `space.high`. */
export function performAtomic(space: AddressSpace, request: Request): number {
  const { operation, size, address, low, high, attrs, expectedLow, expectedHigh } = request
  const operations = OPERATIONS[operation] as (typeof OPERATIONS)[number]
  const compares = ATOMIC_NAMES[operation] === 'compareExchange'
  if (size === 8) {
    const wide = operations[3] as (...args: unknown[]) => number
    return compares
      ? wide(space, address, expectedLow, expectedHigh, low, high, attrs)
      : wide(space, address, low, high, attrs)
  }
  const narrow = operations[size >> 1] as (...args: unknown[]) => number
  return compares ? narrow(space, address, expectedLow, low, attrs) : narrow(space, address, low, attrs)
}
