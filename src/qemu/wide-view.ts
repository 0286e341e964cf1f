import type { FlatRange, MemoryRegion } from 'guestmem'
import { exactly } from './exact.ts'

/** A flat range in QEMU's arithmetic. */
export interface WideRange {
  readonly start: bigint
  /** The address behind the last, bytes; at most 2^64. */
  readonly end: bigint
  readonly region: MemoryRegion
  readonly offset: bigint
  readonly readonly: boolean
  readonly nonvolatile: boolean
  /** Shown through an alias that begins at 2^53 or above in its target. */
  readonly far: boolean
}

/** The first address that a number can't tell from its neighbours. */
export const NUMBER_LIMIT: bigint = 2n ** 53n
const ADDRESS_END = 2n ** 64n

/** What a region tree shows from `start` on, regions included that are no part of ours (RULES C4, C5). */
export function wideView(root: MemoryRegion, start: bigint = NUMBER_LIMIT): WideRange[] {
  const ranges: WideRange[] = []
  expand(root, rootAddress(root), { start, end: ADDRESS_END, readonly: false, nonvolatile: false, far: false }, ranges)
  return merge(ranges.sort((a, b) => (a.start < b.start ? -1 : 1)))
}

/** Where a space shows its root: at 0, but for one that stands for a root that QEMU shows elsewhere. */
export function rootAddress(root: MemoryRegion): bigint {
  const { region, address } = exactly(root)
  return region === undefined ? 0n : address
}

/** True if a range that begins at 2^53 is what our range, which ends there, has above. */
export function isRest(high: WideRange, low: FlatRange): boolean {
  return (
    BigInt(low.end) === high.start &&
    low.region === high.region &&
    BigInt(low.offset) + (high.start - BigInt(low.start)) === high.offset &&
    low.readonly === high.readonly &&
    low.nonvolatile === high.nonvolatile
  )
}

type Clip = Pick<WideRange, 'start' | 'end' | 'readonly' | 'nonvolatile' | 'far'>

function expand(region: MemoryRegion, origin: bigint, outer: Clip, found: WideRange[]): void {
  const { size, alias, region: stoodFor } = exactly(region)
  if (stoodFor !== undefined) {
    expand(stoodFor, origin, outer, found)
    return
  }
  const start = origin > outer.start ? origin : outer.start
  const end = least(origin + size, outer.end)
  if (!region.enabled || start >= end) return
  const readonly = outer.readonly || region.readonly
  const nonvolatile = outer.nonvolatile || region.nonvolatile
  const far = outer.far || (alias !== undefined && alias.offset >= NUMBER_LIMIT)
  const clip = { start, end, readonly, nonvolatile, far }
  if (alias !== undefined) {
    expand(alias.target, origin - alias.offset, clip, found)
    return
  }
  const { subregions } = region
  for (let i = subregions.length - 1; i >= 0; i--) {
    const subregion = subregions[i] as MemoryRegion
    expand(subregion, origin + exactly(subregion).address, clip, found)
  }
  if (region.kind !== 'container') paint(region, origin, clip, found)
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)

/** Fills what is not covered yet. */
function paint(region: MemoryRegion, origin: bigint, clip: Clip, found: WideRange[]): void {
  let at = clip.start
  const covers = found.filter(({ start, end }) => start < clip.end && end > clip.start)
  for (const { start, end } of covers.sort((a, b) => (a.start < b.start ? -1 : 1))) {
    if (at < start) found.push({ ...clip, start: at, end: start, region, offset: at - origin })
    at = end
  }
  if (at < clip.end) found.push({ ...clip, start: at, region, offset: at - origin })
}

function merge(ranges: readonly WideRange[]): WideRange[] {
  const merged: WideRange[] = []
  for (const range of ranges) {
    const last = merged.at(-1)
    const goesOn =
      last !== undefined &&
      last.end === range.start &&
      last.region === range.region &&
      last.offset + (range.start - last.start) === range.offset &&
      last.readonly === range.readonly &&
      last.nonvolatile === range.nonvolatile
    if (goesOn) merged[merged.length - 1] = { ...last, end: range.end }
    else merged.push(range)
  }
  return merged
}
