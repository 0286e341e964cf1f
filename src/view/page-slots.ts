/**
 * Tables that remember where an address was found: a few slots for each range, and a slot for each page, by its number.
 * Of pages that share a slot, the latest that was looked for has it.
 */

/** What `pageSlotOf` needs for a table for so many ranges. The table has 2 to 2^16 slots. */
export function pageSlotShift(ranges: number): number {
  return Math.clz32(Math.min(3 * ranges, 0xffff) | 1)
}

/** 32 - shift bits of the page's number, mixed, as devices lie at multiples of large powers of two. */
export function pageSlotOf(address: number, shift: number): number {
  return Math.imul((address / 4096) >>> 0, 0x9e37_79b1) >>> shift
}

export function pageSlotCount(shift: number): number {
  return 2 ** (32 - shift)
}
