import type { AddressSpace } from 'guestmem'
import { continuesAbove, type WideRange, WideRenderer } from './wide-view.ts'

/** A flat range in QEMU's 64-bit addresses: a range of the space's view, or one that lies at 2^53 and above. */
export type ShownRange = Omit<WideRange, 'far' | 'outside'>

/** All that a space shows, in ascending order; a range that reaches past 2^53 is one range. */
export function shownRanges({ root, view }: AddressSpace): ShownRange[] {
  const above = new WideRenderer().ranges(root)
  const [first] = above
  const last = view.ranges.at(-1)
  const continued = first !== undefined && last !== undefined && continuesAbove(last, first) ? first : undefined
  const below = view.ranges.map(({ start, end, region, offset, readonly, nonvolatile }) => ({
    start: BigInt(start),
    end: BigInt(end),
    region,
    offset: BigInt(offset),
    readonly,
    nonvolatile,
  }))
  if (continued === undefined) return [...below, ...above]
  const joined = { ...(below.pop() as ShownRange), end: continued.end }
  return [...below, joined, ...above.filter(range => range !== continued)]
}
