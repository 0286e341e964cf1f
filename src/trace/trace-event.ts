import type { MemTxAttrs, RegionKind } from 'guestmem'

/** What a CPU or a bus master did. */
export type TraceKind = 'read' | 'write' | 'fetch'

/** An access, as a sink is told of it. The object may be the same each time: what is kept has to be copied. */
export interface TracedAccess {
  readonly kind: TraceKind
  /** A part of a request of any length, and no single access. */
  readonly dma: boolean
  /** Bytes, in the space. */
  readonly address: number
  /** Bytes, in the region; where nothing is mapped, the address. */
  readonly offset: number
  /** Bytes. */
  readonly size: number
  /** Of at most 8 bytes: the number that they form, of the device in its own byte order. A bigint where `size` is 8. */
  readonly value: number | bigint | undefined
  /** The value's bytes are in big-endian order. */
  readonly big: boolean
  /** A set of MemTxResult bits. */
  readonly result: number
  readonly attrs: MemTxAttrs
  readonly space: { readonly name: string }
  readonly region: { readonly name: string; readonly kind: RegionKind } | undefined
}

/** Who is told of each access as it ends. */
export interface TraceSink {
  record(access: TracedAccess): void
}

/** An access that a ring held, or that a line of QEMU's trace is about. */
export interface TraceEvent {
  /** Counts all accesses, those that were dropped, too: a gap shows how many. */
  readonly sequence: number
  /** What the ring's clock said, in ms unless it says otherwise; 0 where it has none. */
  readonly time: number
  readonly kind: TraceKind
  /** A part of a request of any length, and no single access. */
  readonly dma: boolean
  /** Bytes, in the space. A bigint where a line of QEMU's has 2^53 or more. */
  readonly address: number | bigint
  /** Bytes, in the region; of a line of QEMU's, undefined. */
  readonly offset: number | undefined
  /** Bytes; what is longer than 2^32 - 1 is told as that. */
  readonly size: number
  /** Unsigned; undefined of more than 8 bytes. */
  readonly value: bigint | undefined
  /** The value's bytes are in big-endian order. */
  readonly big: boolean
  /** A set of MemTxResult bits. */
  readonly result: number
  readonly secure: boolean
  readonly user: boolean
  readonly strict: boolean
  readonly memory: boolean
  readonly requesterId: number
  /** Of the space; empty where it is not known. */
  readonly space: string
  /** The region's number in this trace, and its name; undefined and empty where nothing is mapped. */
  readonly regionId: number | undefined
  readonly region: string
  /** Undefined where nothing is mapped, or it is not known. */
  readonly regionKind: RegionKind | undefined
}
