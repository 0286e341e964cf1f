import { MemoryRegion } from 'guestmem'
import { shownWord } from './shown-value.ts'
import { wideRegionOf } from './wide-region.ts'

/** The type that `info mtree` prints for a region: of an alias, its final target's (RULES A5). */
export function typeWord(region: MemoryRegion): string {
  return (region.nonvolatile ? 'nv-' : '') + ownWord(region)
}

/** A region as a flat range shows it: also what it is shown through may make it readonly or nonvolatile (RULES C4). */
export interface ShownRegion {
  readonly region: MemoryRegion
  readonly readonly: boolean
  readonly nonvolatile: boolean
}

/**
 * The type that `info mtree -f` prints for a range: what is seen through something readonly is a ROM (RULES A5).
 *
 * @param range A range of `space.view.ranges`.
 */
export function rangeTypeWord(range: ShownRegion): string {
  if (!(range?.region instanceof MemoryRegion))
    throw new TypeError(
      `range must be a range of a flat view, such as space.view.ranges[0], got ${
        range instanceof MemoryRegion ? 'a MemoryRegion' : shownWord(range)
      }`,
    )
  const { region, readonly, nonvolatile } = range
  return (nonvolatile ? 'nv-' : '') + (readonly ? 'rom' : ownWord(region))
}

function ownWord(region: MemoryRegion): string {
  let shown = region
  for (let next = shownInstead(shown); next !== undefined; next = shownInstead(shown)) shown = next
  if (shown.kind === 'ramDevice') return 'ramd'
  if (shown.kind === 'romDevice') return shown.romdMode ? 'romd' : 'i/o'
  if (shown.kind !== 'ram' && shown.kind !== 'rom') return 'i/o'
  return shown.readonly ? 'rom' : 'ram'
}

/** What a stand-in stands for, or an alias is of. */
function shownInstead(region: MemoryRegion): MemoryRegion | undefined {
  const { alias, standsFor } = wideRegionOf(region)
  return standsFor ?? alias?.target
}
