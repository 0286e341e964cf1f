import { checkInteger } from '../../check.ts'
import type { MemTxAttrs } from '../../request/attrs.ts'
import { MemTxResult, memTxFault } from '../../request/result.ts'
import { MemoryRegion } from '../memory-region.ts'

/** What is on the bus where nobody drives it: the latest value, say. Of it the low `size` bytes count. */
export type OpenBusValue = (offset: number, size: number, attrs: MemTxAttrs) => number

/**
 * A background region: what a bus gives where nothing else is. Add it to a container, as large as that, with a priority below
 * all others, -(2 ** 31) for instance. Reads give `value`, writes are dropped, and the result of both is DECODE_ERROR, as
 * where nothing is mapped; there it would be zero.
 *
 * @param value -1 for all ones, unless a handler says it.
 * @throws TypeError or RangeError naming the argument.
 */
export function openBus(name: string, size: number, value: number | OpenBusValue = -1): MemoryRegion {
  const fault = memTxFault(MemTxResult.DECODE_ERROR)
  const ones =
    typeof value === 'function'
      ? undefined
      : memTxFault(
          MemTxResult.DECODE_ERROR,
          checkInteger(value, 'value', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
        )
  return MemoryRegion.io(
    name,
    {
      read: (offset, bytes, attrs) =>
        ones ?? memTxFault(MemTxResult.DECODE_ERROR, (value as OpenBusValue)(offset, bytes, attrs)),
      write: () => fault,
      valid: { unaligned: true },
      impl: { unaligned: true },
    },
    size,
    { reentrancyGuard: false },
  )
}
