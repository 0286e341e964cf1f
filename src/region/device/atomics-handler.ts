import type { MemTxAttrs } from '../../request/attrs.ts'
import type { MemTxFault } from '../../request/result.ts'

/** What an atomic access makes of the value that it finds. */
export type AtomicName =
  | 'exchange'
  | 'compareExchange'
  | 'add'
  | 'and'
  | 'or'
  | 'xor'
  | 'minSigned'
  | 'maxSigned'
  | 'minUnsigned'
  | 'maxUnsigned'

/**
 * An atomic access of 1, 2, 4 or 8 bytes. Values are unsigned, in the byte order of the space that was asked; bigints where
 * `size` is 8. `compareExchange` stores `operand` where it finds `expected`, which counts for nothing else.
 *
 * @returns What was there before. A fault stores nothing.
 */
export type AtomicsHandler = (
  offset: number,
  size: number,
  operation: AtomicName,
  operand: number | bigint,
  expected: number | bigint,
  attrs: MemTxAttrs,
) => number | bigint | MemTxFault
