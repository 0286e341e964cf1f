import type { MemoryRegion } from '../region/memory-region.ts'
import type { MemTxAttrs } from '../request/attrs.ts'
import type { MemTxResult } from '../request/result.ts'
import type { AddressSpace } from '../space/address-space.ts'

/** An access, as a tap is told of it. It is the tap's to keep. */
export interface TapAccess {
  /** `fetch`: a read with MemTxAttrs of `fetch`. */
  readonly kind: 'read' | 'write' | 'fetch'
  /** A part of a request of any length (`read`, `write`, `copy`, `fill`, a DMA window), and no single access. */
  readonly dma: boolean
  /** It loads and stores at once (`atomicAdd32` and its like): `kind` is `write`. */
  readonly atomic: boolean
  /** Bytes, in `space`; behind an IOMMU, the translated address. */
  readonly address: number
  /** Bytes, in `region`; where nothing is mapped, the address. */
  readonly offset: number
  /** Bytes. Of a request, as much of it as is in the tap's range, and in one region. */
  readonly size: number
  /**
   * Of 1, 2, 4 or 8 bytes: unsigned, formed by the bytes in the device's order, of memory in the target's. A bigint where
   * `size` is 8. Before a single read it is 0. Of an atomic access, what it is made with before, and what was there afterwards.
   * Undefined of other sizes, which parts of requests have, and where there are no `bytes` of a part.
   */
  readonly value: number | bigint | undefined
  /** The value is formed by the bytes in big-endian order. */
  readonly big: boolean
  /**
   * The bytes of a part of a request: what is stored, and after a read what was loaded. Lent for the call. What is stored to
   * it after a read is what the reader gets; of a write, and before a read, nothing may be stored to it. A fill is told as
   * writes of up to 512 bytes (RULES E11); where nothing takes it, once, and without bytes, as a copy is.
   */
  readonly bytes: Uint8Array | undefined
  /** How it ended; MemTxResult.OK before it is made. */
  readonly result: MemTxResult
  /** It has not been made yet. */
  readonly before: boolean
  readonly attrs: MemTxAttrs
  /** Whose address it is. */
  readonly space: AddressSpace
  /** Undefined where nothing is mapped. */
  readonly region: MemoryRegion | undefined
}

/**
 * Called for each access. What it returns replaces the value: before a write, what is stored; before a read, what the reader
 * gets, and no access is made; after a read, what the reader gets. After a write, and where it returns nothing, nothing is
 * replaced; nor where `access.value` is undefined.
 *
 * It runs on the thread that made the access, and may make others: those are told to other taps, and not to this one. What
 * it throws reaches the caller of the access.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: a callback without a return statement is what most are
export type TapCallback = (access: TapAccess) => number | bigint | undefined | void

/** Ends the access that a tap is called for, and reaches who made it: the CPU's loop, most often. */
export class TapStop extends Error {
  /** What was stopped: not made where its `before` is true. */
  readonly access: TapAccess

  constructor(access: TapAccess) {
    super(`stopped at ${access.kind} of ${access.size} bytes at 0x${access.address.toString(16)}`)
    this.name = 'TapStop'
    this.access = access
  }
}

/**
 * For a tap: throws a TapStop to the caller of the access. Called before the access, that is not made; after it, it is made.
 * What a request has done by then stays done.
 */
export function stop(access: TapAccess): never {
  throw new TapStop(access)
}
