import {
  checkBoolean,
  checkFunction,
  checkObject,
  checkOneOf,
  checkOptions,
  type Fields,
  optionalField,
} from '../../check.ts'
import type { MemTxAttrs } from '../../request/attrs.ts'
import type { MemTxFault, MemTxResult } from '../../request/result.ts'
import type { AtomicsHandler } from './atomics-handler.ts'

/** How many bytes one access of a device may have. */
export type AccessSize = 1 | 2 | 4 | 8

/** Sizes in bytes, and whether an offset need be no multiple of the size. */
export interface AccessConstraints {
  readonly minSize?: AccessSize | undefined
  readonly maxSize?: AccessSize | undefined
  readonly unaligned?: boolean | undefined
}

/** What a device's handlers take. */
export interface ImplConstraints extends AccessConstraints {
  /**
   * The handlers get naturally aligned accesses of `minSize` to `maxSize` and no others. An access that is not aligned
   * to what they take is made of several; a write of a part of `minSize` bytes reads the rest of them first. QEMU's
   * documentation says that of `unaligned: false`, but QEMU calls the handler with the offset as it is (RULES G5). So
   * does this library unless `aligned` is true.
   */
  readonly aligned?: boolean | undefined
}

/**
 * How a write ended: a MemTxResult, `memTxFault(...)` for what is not OK, or nothing, which is OK.
 *
 * An arrow function without braces returns what it assigns: `(offset, value) => (registers[offset] = value)` is no
 * write handler, and TypeScript says so. `(offset, value) => { registers[offset] = value }` is one.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: a handler without a return statement is what most are
export type WriteAnswer = MemTxResult | MemTxFault | void

/**
 * A device's handlers. Values are unsigned numbers formed by the bytes in the device's own order (RULES G6); offsets
 * are bytes from the region's start. A handler runs on the thread that made the access, and may make others; an access
 * to its own device is refused (RULES G7), and so is one that would have more than 64 handlers run within one another:
 * both are an ACCESS_ERROR. What a handler throws reaches the caller of the access.
 *
 * Handlers are not async. What they return is checked. An answer of a type that is not given here, `null`, and a number
 * that is no set of MemTxResult bits where a result is due, are a TypeError that names the region, the handler and the
 * answer. It reaches the caller of the access, and the device can be accessed as before.
 */
export interface MemoryRegionOps {
  /**
   * `size` is 1, 2 or 4. Of the number that it returns the low `size` bytes count, as ECMAScript's ToUint32 has them:
   * -1 is all ones, of a fraction the integer part counts, and what is not finite is 0. A fault gives zero data.
   */
  read(offset: number, size: number, attrs: MemTxAttrs): number | MemTxFault
  /** `size` is 1, 2 or 4. */
  write(offset: number, value: number, size: number, attrs: MemTxAttrs): WriteAnswer
  /** With `write64`, makes an 8-byte device; without, 8 bytes are made of two accesses of 4, as QEMU makes them. */
  read64?: ((offset: number, attrs: MemTxAttrs) => bigint | MemTxFault) | undefined
  write64?: ((offset: number, value: bigint, attrs: MemTxAttrs) => WriteAnswer) | undefined
  /**
   * Runs of bytes, for a device that has many to give or to take at once, as an emulator's own RAM has: what a request has
   * of the region in one piece, longer than 8 bytes. Used by `read`, `write`, `copy`, bounce buffers and scatter-gather
   * lists in place of very many calls of `read` and `write`, which get all else. `valid`, `impl`, `accepts` and event
   * notifiers are not asked of them. The array is lent for the call; a fault zeroes what was read.
   */
  readBytes?: ((offset: number, into: Uint8Array, attrs: MemTxAttrs) => WriteAnswer) | undefined
  writeBytes?: ((offset: number, from: Uint8Array, attrs: MemTxAttrs) => WriteAnswer) | undefined
  /**
   * A bridge: what carries requests to another bus, where they are cut into pieces. `readBytes` and `writeBytes`, which it
   * has, get requests of 8 bytes and fewer, too, and fills; loads and stores go to the other handlers. After a fault, what
   * `readBytes` has put into the array stays. False unless said.
   */
  readonly bridge?: boolean | undefined
  /**
   * What `read` would give, without any side effect: for debuggers, whose accesses are MemTxAttrs.DEBUG. `size` is 1, 2 or 4,
   * as `impl` has it, also of an 8-byte device; `offset` is a multiple of it. `valid` and `accepts` are not asked. It may be
   * called while another handler of the device runs. Without it a debugger's read is an ACCESS_ERROR.
   */
  peek?: ((offset: number, size: number, attrs: MemTxAttrs) => number | MemTxFault) | undefined
  /** What the device takes from the bus; other accesses are rejected (RULES G2). No `maxSize`: any size. */
  readonly valid?: AccessConstraints | undefined
  /**
   * What the handlers take; accepted accesses are adapted to it (RULES G5). 1 to 4 unless said, to 8 with the 64-bit
   * pair.
   */
  readonly impl?: ImplConstraints | undefined
  /**
   * Whether an access is accepted; asked before `valid` is looked at, which must accept it, too. It returns true or
   * false: what only counts as such is a TypeError.
   */
  accepts?: ((offset: number, size: number, isWrite: boolean, attrs: MemTxAttrs) => boolean) | undefined
  /** The device's byte order; `native`, the target's, unless said. */
  readonly endianness?: 'little' | 'big' | 'native' | undefined
  /**
   * What an atomic access is (`atomicAdd32` and its like). `read-write`, unless said, as in QEMU: a read and a write, of the
   * whole size each; no other access comes in between. `refuse`: a DECODE_ERROR, and no handler is called, as of a bus that
   * has no such request. A function: what the device makes of it in one request, as a bridge to another bus does; of `valid`,
   * `accepts` and event notifiers nothing is asked then. An access that reaches over the region's end is as unless said.
   */
  readonly atomics?: 'read-write' | 'refuse' | AtomicsHandler | undefined
}

/** The ops of a region with all that is left out filled in. */
export interface CheckedOps {
  readonly ops: MemoryRegionOps
  /** They have `accepts`. */
  readonly asks: boolean
  /** Of how many bytes a request has more, at least, that goes to `readBytes`; to `writeBytes`. */
  readonly readsRuns: number
  readonly writesRuns: number
  /** They have `peek`. */
  readonly peeks: boolean
  readonly valid: AllConstraints
  readonly impl: AllConstraints
  readonly endianness: 'little' | 'big' | 'native'
  readonly atomics: 'read-write' | 'refuse' | AtomicsHandler
}

interface AllConstraints {
  readonly minSize: number
  /** Of `valid`, 0: any size. */
  readonly maxSize: number
  /** Undefined where nothing is said, which is false. */
  readonly unaligned: boolean | undefined
  readonly aligned?: boolean
}

const SIZES = [1, 2, 4, 8] as const
/** Bytes: what is longer is no single access. */
const LONGEST_ACCESS = 8
const ANY_SIZE: AllConstraints = { minSize: 1, maxSize: 0, unaligned: undefined }

/**
 * @throws TypeError or RangeError naming the field and the bad value; also where constraints contradict one another.
 */
export function checkOps(value: unknown): CheckedOps {
  const ops = checkObject(value, 'ops')
  const has = (name: string): boolean => optionalField(ops, name) !== undefined
  const wide = has('read64') || has('write64')
  const asks = has('accepts')
  const valid = checkConstraints(ops, 'valid', ANY_SIZE)
  const impl = checkConstraints(ops, 'impl', { ...ANY_SIZE, maxSize: wide ? 8 : 4, aligned: false })
  checkHandlers(ops, 'read', 'write')
  if (wide || impl.maxSize === 8) checkHandlers(ops, 'read64', 'write64')
  for (const name of ['accepts', 'readBytes', 'writeBytes', 'peek']) if (has(name)) checkHandlers(ops, name)
  // Only where `valid.unaligned` says false. A device of QEMU's that leaves it out may have this combination: then a
  // request is cut into unaligned accesses, which are rejected (RULES E4, G2).
  if (impl.unaligned && (impl.aligned || valid.unaligned === false))
    throw new TypeError(
      'ops.impl.unaligned must be false where impl.aligned is true or valid.unaligned false, got true',
    )
  const bridge = checkBoolean(optionalField(ops, 'bridge', false), 'ops.bridge')
  if (bridge) checkHandlers(ops, 'readBytes', 'writeBytes')
  const runs = (name: string): number => (bridge ? 0 : has(name) ? LONGEST_ACCESS : Number.POSITIVE_INFINITY)
  const endianness = optionalField(ops, 'endianness', 'native')
  const atomics = optionalField(ops, 'atomics', 'read-write')
  return {
    ops: ops as unknown as MemoryRegionOps,
    asks,
    readsRuns: runs('readBytes'),
    writesRuns: runs('writeBytes'),
    peeks: has('peek'),
    valid,
    impl,
    endianness: checkOneOf(endianness, ['little', 'big', 'native'] as const, 'ops.endianness'),
    atomics:
      typeof atomics === 'function'
        ? (atomics.bind(ops) as AtomicsHandler)
        : checkOneOf(atomics, ['read-write', 'refuse'] as const, 'ops.atomics'),
  }
}

/** These fields of checked ops, for who makes ops of ops: none that some other code has put on everybody's prototype. */
export function fieldsOf<T extends object, K extends keyof T & string>(
  ops: T,
  ...names: readonly K[]
): Partial<Pick<T, K>> {
  const fields = names.map(name => [name, optionalField(ops as unknown as Fields, name)])
  return Object.fromEntries(fields) as Partial<Pick<T, K>>
}

function checkHandlers(ops: Fields, ...names: readonly string[]): void {
  for (const name of names) checkFunction(ops[name], `ops.${name}`)
}

/** @param unlessSaid What stands for each that is left out; there are no others. */
function checkConstraints(ops: Fields, name: string, unlessSaid: AllConstraints): AllConstraints {
  const keys = Object.keys(unlessSaid) as (keyof AllConstraints)[]
  const given = checkOptions<AllConstraints>(optionalField(ops, name, {}), keys, `ops.${name}`)
  const all: Record<string, unknown> = { ...unlessSaid }
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined) continue
    if (key.endsWith('Size')) checkOneOf(value, SIZES, `ops.${name}.${key}`)
    else checkBoolean(value, `ops.${name}.${key}`)
    all[key] = value
  }
  const checked = all as unknown as AllConstraints
  const { minSize, maxSize } = checked
  if (maxSize !== 0 && minSize > maxSize)
    throw new RangeError(`ops.${name}.minSize must be at most maxSize ${maxSize}, got ${minSize}`)
  return checked
}
