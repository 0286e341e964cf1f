import type { AddressSpace } from 'guestmem'
import { rangeTypeWord } from './type-word.ts'
import { isRest, NUMBER_LIMIT, wideView } from './wide-view.ts'

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

/**
 * A range that begins below 2^53 and reaches over it is there, as far as it goes, and not told of.
 *
 * @param far The machine has an alias that begins at 2^53 or above in its target.
 */
export function unreachableOf(space: AddressSpace, far: boolean): Unreachable[] {
  const windows = far ? wideView(space.root, 0n).filter(range => range.far && range.start < NUMBER_LIMIT) : []
  const ranges = wideView(space.root)
  const last = space.view.ranges.at(-1)
  const first = ranges[0]
  const goesOn = first !== undefined && first.start === NUMBER_LIMIT && last !== undefined && isRest(first, last)
  return [...windows, ...(goesOn ? ranges.slice(1) : ranges)].map(range => ({
    space,
    start: range.start,
    end: range.end - 1n,
    name: range.region.name,
    type: rangeTypeWord(range),
    priority: range.region.priority,
    offset: range.offset,
  }))
}
