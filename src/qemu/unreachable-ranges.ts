import type { AddressSpace, MemoryRegion } from 'guestmem'
import { rangeTypeWord } from './type-word.ts'
import { wideRegionOf } from './wide-region.ts'
import { NUMBER_LIMIT, type WideRange, WideRenderer } from './wide-view.ts'

/** A range that a space shows in QEMU, and that can't be reached here. */
export interface Unreachable {
  readonly space: AddressSpace
  /** The first address, bytes: 2^53 or above, but for a window on what lies that far in its target. */
  readonly start: bigint
  /** The last address. */
  readonly end: bigint
  readonly name: string
  readonly type: string
  readonly priority: number
  /** The offset in the region at which the range begins, bytes. */
  readonly offset: bigint
}

/** The most of them that the spaces of a machine have together: each space has its own, also where they show the same. */
const MOST_RANGES = 2 ** 20

/**
 * What the spaces of a machine show where our addresses end. A range that begins below 2^53 and reaches over it is there,
 * as far as it goes, and not told of.
 *
 * @param roots Of the spaces, one for each.
 * @param far The regions that show something through an alias which begins at 2^53 or above in its target.
 * @returns For each space, its ranges.
 * @throws RangeError where they are too many.
 */
export function rangesAbove(
  roots: readonly MemoryRegion[],
  far: ReadonlySet<MemoryRegion>,
): readonly (readonly WideRange[])[] {
  const renderer = new WideRenderer()
  const byRoot = new Map<MemoryRegion, readonly WideRange[]>()
  let count = 0
  return roots.map(root => {
    const ranges = byRoot.get(root) ?? rangesOf(root, renderer, far)
    byRoot.set(root, ranges)
    count += ranges.length
    if (count > MOST_RANGES)
      throw new RangeError(`the spaces must show at most ${MOST_RANGES} ranges at 2^53 and above, all together`)
    return ranges
  })
}

export function unreachable(space: AddressSpace, range: WideRange): Unreachable {
  return {
    space,
    start: range.start,
    end: range.end - 1n,
    name: range.region.name,
    type: rangeTypeWord(range),
    priority: range.region.priority,
    offset: range.offset,
  }
}

function rangesOf(root: MemoryRegion, renderer: WideRenderer, far: ReadonlySet<MemoryRegion>): readonly WideRange[] {
  // From the address before on: a range that begins there is there as far as it goes, and what it has above belongs to
  // it, but for one that is no part of our tree.
  const above = renderer
    .ranges(root, NUMBER_LIMIT - 1n)
    .map(range => (range.start < NUMBER_LIMIT && range.outside && !range.far ? withoutFirst(range) : range))
    .filter(({ start, end }) => start >= NUMBER_LIMIT && start < end)
  if (!far.has(wideRegionOf(root).standsFor ?? root)) return above
  const windows = renderer.ranges(root, 0n).filter(range => range.far && range.start < NUMBER_LIMIT)
  return [...windows, ...above]
}

/** The same range without its first address. */
function withoutFirst(range: WideRange): WideRange {
  return { ...range, start: range.start + 1n, offset: range.offset + 1n }
}
