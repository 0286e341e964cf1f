import type { MemoryRegion } from 'guestmem'

/**
 * What a region is in QEMU, whose addresses have 64 bits and whose sizes have one more; ours are numbers, exact below
 * 2^53. A region that begins above is no part of our tree. In its place stands an empty container, its stand-in, so that
 * the tree around it keeps its shape: which spaces share a view depends on that.
 */
export interface WideRegion {
  /** Of a stand-in: the region that it stands for, with all that is in that. */
  readonly standsFor: MemoryRegion | undefined
  /** Offset in its container, bytes. */
  readonly address: bigint
  /** Bytes. */
  readonly size: bigint
  /** Of an alias, also one that begins at 2^53 or above in its target. */
  readonly alias: { readonly target: MemoryRegion; readonly offset: bigint } | undefined
}

/** What numbers do not hold of some regions. */
const beyondNumbers = /* @__PURE__ */ new WeakMap<MemoryRegion, Partial<WideRegion>>()

/** Says what is different of a region in QEMU. */
export function setWideRegion(region: MemoryRegion, different: Partial<WideRegion>): void {
  beyondNumbers.set(region, different)
}

export function wideRegionOf(region: MemoryRegion): WideRegion {
  const { target } = region
  return {
    standsFor: undefined,
    address: BigInt(region.address),
    size: BigInt(region.size),
    alias: target && { target, offset: BigInt(region.targetOffset) },
    ...beyondNumbers.get(region),
  }
}

/** False where a region is surely not at an offset of its container; true also where only `wideRegionOf` can tell. */
export function mayLieAt(region: MemoryRegion, offset: number): boolean {
  if (!Number.isSafeInteger(offset) || beyondNumbers.has(region)) return true
  return offset >= region.address && offset - region.address < region.size
}
