import { show } from '../check.ts'
import type { Value } from '../ram/access/cell-values.ts'
import type { Operation } from '../ram/atomic/operation.ts'
import type { AtomicName, AtomicsHandler } from '../region/device/atomics-handler.ts'
import { completion } from '../region/device/completer.ts'
import type { MemTxAttrs } from '../request/attrs.ts'
import { MemTxFault, type MemTxResult } from '../request/result.ts'

/** By their numbers. */
const NAMES: readonly AtomicName[] = [
  'exchange',
  'compareExchange',
  'add',
  'and',
  'or',
  'xor',
  'minSigned',
  'maxSigned',
  'minUnsigned',
  'maxUnsigned',
]

/** An atomic access that a region carries to another bus, as the one request that it is there. */
export function bridgedAtomic(
  handler: AtomicsHandler,
  offset: number,
  size: number,
  operation: Operation,
  operand: Value,
  expected: Value,
  attrs: MemTxAttrs,
): Value {
  const found = handler(offset, size, NAMES[operation] as AtomicName, operand, expected, attrs)
  const isFault = found instanceof MemTxFault
  if (!isFault && typeof found !== (size === 8 ? 'bigint' : 'number'))
    throw new TypeError(
      `ops.atomics must return a ${size === 8 ? 'bigint' : 'number'} or memTxFault(...), got ${show(found)}`,
    )
  completion.result = isFault ? found.result : (0 as MemTxResult)
  const value = isFault ? found.value : (found as Value)
  const bits = 32 - 8 * size
  return size === 8 ? BigInt.asUintN(64, BigInt(value)) : ((value as number) << bits) >>> bits
}
