import { type CoalescedRange, coalescedRangesOf } from '../region/device/coalescing.ts'
import type { MemoryRegionSection } from '../space/memory-region-section.ts'

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
