import { checkBoolean, checkKeys, checkObject, checkOneOf, show } from '../../check.ts'
import type { MemTxAttrs } from '../../request/attrs.ts'
import type { MemTxFault, MemTxResult } from '../../request/result.ts'

export type AccessSize = 1 | 2 | 4 | 8

/** Sizes in bytes, and whether an offset need be no multiple of the size. */
export interface AccessConstraints {
  readonly minSize?: AccessSize
  readonly maxSize?: AccessSize
  readonly unaligned?: boolean
}

/** What a device's handlers take. */
export interface ImplConstraints extends AccessConstraints {
  /**
   * The handlers get naturally aligned accesses of `minSize` to `maxSize` and no others: one that is not aligned to what
   * they take is made of several. It is what QEMU's documentation says of `unaligned: false`, and QEMU does not do: it
   * calls the handler with the offset as it is (RULES G5), as is done here unless this is true. A write of a part of
   * `minSize` reads the rest first.
   */
  readonly aligned?: boolean
}

/**
 * A device's handlers. Values are unsigned numbers formed by the bytes in the device's own order (RULES G6); offsets are
 * bytes from the region's start. A handler runs on the thread that made the access, and may make others; an access to
 * its own device is refused (RULES G7). What it throws reaches the caller of the access.
 */
export interface MemoryRegionOps {
  /** `size` is 1, 2 or 4. The value is cut to `size` bytes. A fault gives zero data. */
  read(offset: number, size: number, attrs: MemTxAttrs): number | MemTxFault
  /** `size` is 1, 2 or 4. Nothing returned is OK. */
  // biome-ignore lint/suspicious/noConfusingVoidType: a handler without a return statement is what most are
  write(offset: number, value: number, size: number, attrs: MemTxAttrs): MemTxResult | void
  /** With `write64`, makes an 8-byte device; without, 8 bytes are made of two accesses of 4, as QEMU makes them. */
  read64?(offset: number, attrs: MemTxAttrs): bigint | MemTxFault
  // biome-ignore lint/suspicious/noConfusingVoidType: as above
  write64?(offset: number, value: bigint, attrs: MemTxAttrs): MemTxResult | void
  /** What the device takes from the bus; other accesses are rejected (RULES G2). No `maxSize`: any size. */
  readonly valid?: AccessConstraints
  /** What the handlers take; accepted accesses are adapted to it (RULES G5). 1 to 4 unless said, to 8 with the 64-bit pair. */
  readonly impl?: ImplConstraints
  /** A last word on what is accepted; asked first. */
  accepts?(offset: number, size: number, isWrite: boolean, attrs: MemTxAttrs): boolean
  /** The device's byte order; `native`, the target's, unless said. */
  readonly endianness?: 'little' | 'big' | 'native'
}

/** The ops of a region with all that is left out filled in. */
export interface CheckedOps {
  readonly ops: MemoryRegionOps
  readonly validMin: number
  /** 0: any size. */
  readonly validMax: number
  readonly validUnaligned: boolean
  readonly implMin: number
  readonly implMax: number
  readonly implUnaligned: boolean
  readonly implAligned: boolean
  readonly endianness: 'little' | 'big' | 'native'
}

const SIZES = [1, 2, 4, 8] as const
const CONSTRAINTS = ['minSize', 'maxSize', 'unaligned'] as const
const IMPL = ['minSize', 'maxSize', 'unaligned', 'aligned'] as const

/** @throws TypeError naming the field and the bad value. */
export function checkOps(value: unknown): CheckedOps {
  const ops = checkObject(value, 'ops') as unknown as MemoryRegionOps
  checkHandler(ops.read, 'ops.read')
  checkHandler(ops.write, 'ops.write')
  const wide = ops.read64 !== undefined || ops.write64 !== undefined
  if (wide) {
    checkHandler(ops.read64, 'ops.read64')
    checkHandler(ops.write64, 'ops.write64')
  }
  if (ops.accepts !== undefined) checkHandler(ops.accepts, 'ops.accepts')
  const valid = checkConstraints(ops.valid, CONSTRAINTS, 'ops.valid')
  const impl = checkConstraints(ops.impl, IMPL, 'ops.impl')
  const implAligned = checkBoolean(impl.aligned ?? false, 'ops.impl.aligned')
  if (implAligned && impl.unaligned === true)
    throw new TypeError('ops.impl.aligned and ops.impl.unaligned are both true')
  const implMax = impl.maxSize ?? (wide ? 8 : 4)
  const implMin = impl.minSize ?? 1
  if (implMax === 8 && !wide) throw new TypeError('ops.impl.maxSize is 8, but ops has no read64 and write64')
  if (implMin > implMax) throw new RangeError(`ops.impl.minSize must be at most maxSize ${implMax}, got ${implMin}`)
  const validMax = valid.maxSize ?? 0
  const validMin = valid.minSize ?? 1
  if (validMax !== 0 && validMin > validMax)
    throw new RangeError(`ops.valid.minSize must be at most maxSize ${validMax}, got ${validMin}`)
  return {
    ops,
    validMin,
    validMax,
    validUnaligned: valid.unaligned ?? false,
    implMin,
    implMax,
    implUnaligned: impl.unaligned ?? false,
    implAligned,
    endianness: checkOneOf(ops.endianness ?? 'native', ['little', 'big', 'native'] as const, 'ops.endianness'),
  }
}

function checkHandler(value: unknown, argument: string): void {
  if (typeof value !== 'function') throw new TypeError(`${argument} must be a function, got ${show(value)}`)
}

function checkConstraints(
  value: ImplConstraints | undefined,
  keys: readonly string[],
  argument: string,
): ImplConstraints {
  if (value === undefined) return {}
  checkKeys(checkObject(value, argument), keys, argument)
  if (value.minSize !== undefined) checkOneOf(value.minSize, SIZES, `${argument}.minSize`)
  if (value.maxSize !== undefined) checkOneOf(value.maxSize, SIZES, `${argument}.maxSize`)
  if (value.unaligned !== undefined) checkBoolean(value.unaligned, `${argument}.unaligned`)
  return value
}
