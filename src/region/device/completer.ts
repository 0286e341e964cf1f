import type { MemTxAttrs } from '../../request/attrs.ts'
import type { MemTxResult } from '../../request/result.ts'

/**
 * How deep handlers of this thread may run within one another: one makes an access, whose handler makes another, and so on.
 * The guest chooses where devices access memory, so that it could else overflow the stack: in a JIT's interpreter, whose
 * frames are the largest, Node's has room for about ten times as many.
 *
 * An access that would be one too many calls no handler: it is an ACCESS_ERROR (of an IOMMU, a fault). Nor does any other,
 * until all but the outermost of the handlers have returned: if each made only two accesses, there would be 2^64.
 */
export const MAX_NESTING = 64

export const completion: {
  /** How the latest access of a Completer in this thread ended. Read it at once: a handler may make other accesses. */
  result: MemTxResult
  /**
   * The device whose handler is running, outermost of all: the id of its guard, or UNGUARDED; 0 where no handler is. Small
   * integers, which are stored without more ado.
   */
  outermost: number
  /** Accesses that it has led to, and that are under way; MAX_NESTING + 1 from one that was one too many on. */
  nesting: number
} = { result: 0 as MemTxResult, outermost: 0, nesting: 0 }

/** In `completion.outermost`: a device without a guard, or one that has marked its guard itself. */
export const UNGUARDED = -1

/**
 * What stands behind a flat range that is not directly accessible: one access of 1, 2, 4 or 8 bytes at an offset in the
 * region, its result left in `completion`. Values are numbers formed by the bytes in the device's order: `big` says
 * that it is big-endian, which for `native` is for the target to say.
 */
export interface Completer {
  /** The largest piece that a block request is cut into, bytes (RULES E4). */
  readonly maxSize: number
  /** Pieces of a block request need not be aligned. */
  readonly unaligned: boolean
  readonly endianness: 'little' | 'big' | 'native'
  /** Of a device with a re-entrancy guard: the same without it. */
  readonly unguarded?: Completer
  /** `accepts` asks a handler of the user's; else its answer follows from the size, and the alignment to it. */
  readonly asks?: boolean
  /** Whether an access of 1, 2, 4 or 8 bytes would be accepted (RULES G2). */
  accepts(offset: number, size: number, isWrite: boolean, attrs: MemTxAttrs): boolean
  /** `size` is 1, 2 or 4; unsigned. */
  read(offset: number, size: number, attrs: MemTxAttrs, big: boolean): number
  write(offset: number, value: number, size: number, attrs: MemTxAttrs, big: boolean): void
  read64(offset: number, attrs: MemTxAttrs, big: boolean): bigint
  write64(offset: number, value: bigint, attrs: MemTxAttrs, big: boolean): void
}
