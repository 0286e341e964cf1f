import type { MemoryRegion } from 'guestmem'

/**
 * What a number can't hold of a region that QEMU has: addresses from 2^53 on. Such a region is no part of the tree. In
 * its place stands an empty container, so that the tree around it keeps its shape (which spaces share a view depends
 * on it), and here it says what it stands for.
 */
export interface Exact {
  /** Of a stand-in: what it stands for, with all that is in that. */
  readonly region: MemoryRegion | undefined
  /** Offset in its container, bytes. */
  readonly address: bigint
  /** Bytes. */
  readonly size: bigint
  /** Of an alias, also one that begins at 2^53 or above in its target. */
  readonly alias: { readonly target: MemoryRegion; readonly offset: bigint } | undefined
}

const known = new WeakMap<MemoryRegion, Partial<Exact>>()

export function remember(region: MemoryRegion, exact: Partial<Exact>): void {
  known.set(region, exact)
}

/** What the region is in QEMU's arithmetic of 64 bits and more. */
export function exactly(region: MemoryRegion): Exact {
  const { target } = region
  return {
    region: undefined,
    address: BigInt(region.address),
    size: BigInt(region.size),
    alias: target && { target, offset: BigInt(region.targetOffset) },
    ...known.get(region),
  }
}
