import type { Value } from '../../ram/access/cell-values.ts'
import type { MemTxAttrs } from '../../request/attrs.ts'
import type { MemTxResult } from '../../request/result.ts'
import type { SpaceSettings } from '../../request/space-settings.ts'
import type { AtomicsHandler } from './atomics-handler.ts'

/**
 * How deep accesses may nest that handlers of this thread make: a handler makes an access, whose handler makes another,
 * and so on. The guest chooses where devices access memory, so that without a limit it could overflow the stack. Node's
 * stack has room for about ten times as many, in the interpreter, whose frames are the largest.
 *
 * An access that is too deep calls no handler: its result is ACCESS_ERROR. The same goes for all further accesses until
 * all handlers but the outermost have returned. Without that, handlers that make two accesses each would make 2^64.
 */
export const MAX_NESTING = 64

export const completion: {
  /** How the latest access of a Completer in this thread ended. Read it at once: a handler may make other accesses. */
  result: MemTxResult
  /**
   * The device of the outermost access that is under way: the id of its guard, or UNGUARDED; 0 where none is. Small
   * integers, as an object would need a write barrier.
   */
  outermost: number
  /** How many accesses are under way within it. MAX_NESTING + 1 once one was too deep. */
  nesting: number
} = { result: 0 as MemTxResult, outermost: 0, nesting: 0 }

/** In `completion.outermost`: a device that has no guard, or whose guard says so itself. */
export const UNGUARDED = -1

/** The key under which ops hold a BusBase, where their handlers are told the address on the bus. */
export const BUS: unique symbol = /* @__PURE__ */ Symbol('bus')

/** What tells a device's handlers where on the bus they are accessed (`withBusAddress`), and by what kind of space. */
export interface BusBase {
  /**
   * @param base The address of the device's offset 0.
   * @param settings Of the space that shows it there.
   * @returns What carries out accesses there.
   */
  at(device: Completer, base: number, settings: SpaceSettings): Completer
}

/** Carries out an atomic access as a map has it, which is of a floor above. */
export type Perform = (map: unknown, address: number, operand: Value) => Value

/**
 * Carries out accesses to a flat range that is not directly accessible: each is of 1, 2, 4 or 8 bytes at an offset in
 * the region, and leaves its result in `completion`. Values are numbers formed by the bytes in the device's order.
 * `big` says whether that is big-endian; where `endianness` is `native`, it is the target's order.
 *
 * What is not optional here each class has itself, if only to say that it has none: it is looked for where one that some other
 * code has put on everybody's prototype would be found.
 */
export interface Completer {
  /** The largest piece that a block request is cut into, bytes (RULES E4). */
  readonly maxSize: number
  /** Pieces of a block request need not be aligned. */
  readonly unaligned: boolean
  readonly endianness: 'little' | 'big' | 'native'
  /** Of a device with a re-entrancy guard: the same without it. */
  readonly unguarded?: Completer
  /** Handlers are told the address on the bus: what each section of the device asks for its own Completer. */
  readonly bus: BusBase | undefined
  /** `accepts` asks a handler of the user's; else its answer follows from the size, and the alignment to it. */
  readonly asks?: boolean
  /** What an atomic access is (MemoryRegionOps.atomics); a read and a write unless said. */
  readonly atomics?: 'read-write' | 'refuse' | AtomicsHandler | undefined
  /** What is longer, bytes, is a run: `run` is called for it. Undefined: for nothing. 0: for fills, too (a bridge). */
  readonly readsRuns?: number | undefined
  readonly writesRuns?: number | undefined
  /** A run of bytes to `bytes`, or from there. */
  run?(isWrite: boolean, offset: number, bytes: Uint8Array, attrs: MemTxAttrs): void
  /** Of what is tapped: the same for the pieces of requests; what tells taps of an atomic access. */
  readonly requests: Completer | undefined
  atomic?(offset: number, operand: Value, size: number, attrs: MemTxAttrs, perform: Perform): Value
  /**
   * Told of a part of an access that it is not called for, where somebody wants to know: what is rejected, or refused, as
   * `completion.result` says; bytes of memory that are accessed themselves; a DMA window that is lent.
   *
   * @param way Of what is well: as a Route has it; or `bounce`, of a window that is none of the memory's.
   * @param what Of a single access, the value that is stored, or 0. Of what is rejected or refused of a request, its bytes,
   *   lent for the call: what is stored, or what the reader gets. Undefined of a fill, a copy, and all else.
   * @returns What a single load gives in place of zero.
   */
  readonly note:
    | ((
        way: string,
        isWrite: boolean,
        offset: number,
        size: number,
        attrs: MemTxAttrs,
        what: Uint8Array | Value | undefined,
      ) => Value | undefined)
    | undefined
  /** What debug accesses read, without side effects. Undefined of a device that can't. */
  readonly debug?: Completer | undefined
  /** Whether an access of 1, 2, 4 or 8 bytes would be accepted (RULES G2). */
  accepts(offset: number, size: number, isWrite: boolean, attrs: MemTxAttrs): boolean
  read(offset: number, size: number, attrs: MemTxAttrs, big: boolean): Value
  write(offset: number, value: Value, size: number, attrs: MemTxAttrs, big: boolean): void
}

/** Ends an access without one: what a load gives then is zero. */
export function endWith(result: MemTxResult, size: number): Value {
  completion.result = result
  return size === 8 ? 0n : 0
}
