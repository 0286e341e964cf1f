import { type CoalescedRange, coalescedRangesOf } from '../region/device/coalescing.ts'
import type { AddressSpace } from '../space/address-space.ts'
import type { FlatRange } from '../view/flat-view.ts'
import type { MemoryRegionSection } from '../space/memory-region-section.ts'

/** What listeners are told of a range; of [start, end) where only a part of it is meant. */
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

/** Calls `each` with what is seen in a section of its region's coalesced ranges (RULES H4). */
export function eachCoalesced(section: MemoryRegionSection, each: (address: number, length: number) => void): void {
  for (const range of coalescedRangesOf(section.region)) clipCoalesced(section, range, each)
}

export function clipCoalesced(
  section: MemoryRegionSection,
  range: CoalescedRange,
  each: (address: number, length: number) => void,
): void {
  const start = Math.max(section.start, section.start + (range.start - section.offset))
  const end = Math.min(section.end, section.start + (range.end - section.offset))
  if (start < end) each(start, end - start)
}
