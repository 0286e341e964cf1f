import { show } from '../../check.ts'
import type { RegionNode } from './region-links.ts'

/** How deep a region may be shown within itself, through aliases of its ancestors (RULES A6). */
const MAX_NESTING = 64
/** How often in all. */
const MAX_VISITS = 4096

/** What a region is shown through, as far as it leaves a mark on it (RULES C4). */
export interface Marks {
  readonly readonly: boolean
  readonly nonvolatile: boolean
}

const NO_MARKS: Marks = { readonly: false, nonvolatile: false }

/** What `expand` found: a region that is neither container nor alias, or a container for what it may be itself. */
export type Visit<R> = (region: R, origin: number, low: number, high: number, marks: Marks) => void

/**
 * Walks what a region shows, in the order in which it wins (RULES C4): a container's subregions from the highest
 * priority on, then the region itself. `visit` gets each enabled region, aliases apart, whose part of [low, high) is
 * not empty.
 *
 * Numbers are exact: what begins at 2^53 or above is clipped away, and below zero are only aliases' offsets.
 *
 * @param origin The address of the region's first byte; below zero where an alias begins further in.
 */
export function expand<R extends RegionNode<R>>(
  region: R,
  origin: number,
  low: number,
  high: number,
  visit: Visit<R>,
  marks: Marks = NO_MARKS,
): void {
  if (!region.enabled) return
  const start = Math.max(low, origin)
  const end = Math.min(high, origin + region.size)
  if (start >= end) return
  const own = mark(marks, region)
  if (region.target !== undefined) {
    expand(region.target, origin - region.targetOffset, start, end, visit, own)
    return
  }
  const { subregions } = region
  for (let i = subregions.length - 1; i >= 0; i--) {
    const subregion = subregions[i] as R
    expand(subregion, origin + subregion.address, start, end, visit, own)
  }
  visit(region, origin, start, end, own)
}

/** No new object where a region adds nothing: most don't. */
function mark(marks: Marks, { readonly, nonvolatile }: Marks): Marks {
  if ((marks.readonly || !readonly) && (marks.nonvolatile || !nonvolatile)) return marks
  return { readonly: marks.readonly || readonly, nonvolatile: marks.nonvolatile || nonvolatile }
}

/**
 * Refuses a region that shows itself, through an alias of something above it, without end: an alias of an ancestor is
 * legal where what it shows shrinks with each turn and is gone within 64 (RULES A6).
 *
 * @throws RangeError naming `argument`.
 */
export function checkExpansion<R extends RegionNode<R> & { readonly name: string }>(region: R, argument: string): void {
  if (!region.links.showsItself()) return
  const budget = { visits: MAX_VISITS }
  if (!endsFor(region, region, 0, 0, Number.POSITIVE_INFINITY, 0, budget))
    throw new RangeError(`${argument}: region ${show(region.name)} would show itself without end, through an alias`)
}

function endsFor<R extends RegionNode<R>>(
  probe: R,
  region: R,
  origin: number,
  low: number,
  high: number,
  nesting: number,
  budget: { visits: number },
): boolean {
  if (!region.enabled) return true
  const start = Math.max(low, origin)
  const end = Math.min(high, origin + region.size)
  if (start >= end) return true
  let depth = nesting
  if (region === probe && (++depth > MAX_NESTING || --budget.visits < 0)) return false
  if (region.target !== undefined)
    return endsFor(probe, region.target, origin - region.targetOffset, start, end, depth, budget)
  return region.subregions.every(sub => endsFor(probe, sub, origin + sub.address, start, end, depth, budget))
}
