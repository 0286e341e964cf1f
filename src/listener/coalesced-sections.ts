import { type CoalescedRange, coalescedRangesOf } from '../region/device/coalescing.ts'
import type { MemoryRegionSection } from '../space/memory-region-section.ts'

/** Calls `each` for every coalesced range of a section's region, with the part that the section shows (RULES H4). */
export function eachCoalesced(section: MemoryRegionSection, each: (address: number, length: number) => void): void {
  for (const range of coalescedRangesOf(section.region)) clipCoalesced(section, range, each)
}

/** Calls `each` with the part of one coalesced range that a section shows, if it shows any of it. */
export function clipCoalesced(
  section: MemoryRegionSection,
  range: CoalescedRange,
  each: (address: number, length: number) => void,
): void {
  const start = Math.max(section.start, section.start + (range.start - section.offset))
  const end = Math.min(section.end, section.start + (range.end - section.offset))
  if (start < end) each(start, end - start)
}
