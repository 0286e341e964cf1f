import type { MemoryRegion } from '../region/memory-region.ts'
import type { FlatRange } from '../view/flat-view.ts'
import type { AddressSpace } from './address-space.ts'

/** A flat range, or a part of one, as an address space shows it (QEMU's MemoryRegionSection). Immutable. */
export interface MemoryRegionSection {
  readonly space: AddressSpace
  /** The first address, bytes. */
  readonly start: number
  /** The address behind the last, bytes; at most 2^53. */
  readonly end: number
  readonly region: MemoryRegion
  /** The offset in the region at which the section begins, bytes. */
  readonly offset: number
  /** The region, or something it is shown through, is readonly: the guest's CPU can't write (RULES E2). */
  readonly readonly: boolean
  /** The region, or something it is shown through, is nonvolatile. */
  readonly nonvolatile: boolean
  /** A ROM device in its romd mode: reads are direct, writes go to its handlers. */
  readonly romd: boolean
  /** A set of DirtyClient bits (RULES F1). */
  readonly dirtyLogMask: number
}

/** The section of a range; of [start, end) where only a part of it is meant. */
export function sectionOf(
  space: AddressSpace,
  range: FlatRange,
  start: number = range.start,
  end: number = range.end,
): MemoryRegionSection {
  const { region, readonly, nonvolatile, romd, dirtyLogMask } = range
  const offset = range.offset + (start - range.start)
  return Object.freeze({ space, start, end, region, offset, readonly, nonvolatile, romd, dirtyLogMask })
}
