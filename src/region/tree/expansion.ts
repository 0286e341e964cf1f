import { show } from '../../check.ts'
import type { RegionNode } from './region-links.ts'

/** How deep a region may be shown within itself, through aliases of its ancestors (RULES A6). */
const MAX_TURNS = 64
/** How many regions may be passed on the way down to it. */
const MAX_DEPTH = 1024
/** How many may be passed in all: the time that a check may take. */
const MAX_VISITS = 65_536

/** What a region is shown through, as far as it leaves a mark on it (RULES C4). */
export interface Marks {
  readonly readonly: boolean
  readonly nonvolatile: boolean
}

const NO_MARKS: Marks = { readonly: false, nonvolatile: false }

/** Gets what `expand` finds. */
export interface ExpansionVisitor<R> {
  /** A region that is neither container nor alias, or a container for what it may be itself. */
  visit(region: R, origin: number, low: number, high: number, marks: Marks): void
  /** Whether what was visited before takes all of [low, high): then what an alias shows there is passed over. */
  isTaken(low: number, high: number): boolean
}

/** For each region and each place of its first byte: the part of the addresses that it was looked for in. */
type Looked<R, T extends Part = Part> = Map<R, Map<number, T>>

interface Part {
  readonly low: number
  readonly high: number
}

/** What `expand` knows of its way so far. */
interface Walk<R> {
  /** Regions. */
  passed: number
  /** What aliases have shown. */
  readonly shown: Looked<R>
}

/** What an alias shows is remembered where it is so many regions: to walk fewer again costs less. */
const WORTH_REMEMBERING = 32

/**
 * Walks what a region shows, in the order in which it wins (RULES C4): a container's subregions from the highest
 * priority on, then the region itself. `visitor` gets each enabled region, aliases apart, whose part of [low, high) is
 * not empty.
 *
 * What an alias shows is passed over where the same was shown at the same place before: then none of it is seen. Aliases
 * of aliases would else be walked twice as often with each level of two.
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
  visitor: ExpansionVisitor<R>,
  marks: Marks = NO_MARKS,
  walk: Walk<R> = { passed: 0, shown: new Map() },
): void {
  if (!region.enabled) return
  const start = Math.max(low, origin)
  const end = Math.min(high, origin + region.size)
  if (start >= end) return
  walk.passed++
  const own = mark(marks, region)
  const { target } = region
  if (target !== undefined) {
    const at = origin - region.targetOffset
    const before = walk.shown.get(target)?.get(at)
    if ((before !== undefined && before.low <= start && before.high >= end) || visitor.isTaken(start, end)) return
    const { passed } = walk
    expand(target, at, start, end, visitor, own, walk)
    if (walk.passed - passed >= WORTH_REMEMBERING) placesOf(walk.shown, target).set(at, { low: start, high: end })
    return
  }
  const { subregions } = region
  for (let i = subregions.length - 1; i >= 0; i--) {
    const subregion = subregions[i] as R
    expand(subregion, origin + subregion.address, start, end, visitor, own, walk)
  }
  visitor.visit(region, origin, start, end, own)
}

/** No new object where a region adds nothing: most don't. */
function mark(marks: Marks, { readonly, nonvolatile }: Marks): Marks {
  if ((marks.readonly || !readonly) && (marks.nonvolatile || !nonvolatile)) return marks
  return { readonly: marks.readonly || readonly, nonvolatile: marks.nonvolatile || nonvolatile }
}

function placesOf<R, T extends Part>(looked: Looked<R, T>, region: R): Map<number, T> {
  let places = looked.get(region)
  if (places === undefined) {
    places = new Map()
    looked.set(region, places)
  }
  return places
}

/**
 * Refuses a region that shows itself, through an alias of something above it, without end: an alias of an ancestor is
 * legal where what it shows shrinks with each turn and is gone within 64 (RULES A6).
 *
 * @throws RangeError naming `argument`.
 */
export function checkExpansion<R extends RegionNode<R>>(region: R, argument: string): void {
  if (region.links.levels === 0) return
  const showing = region.links.showing()
  if (!showing.has(region)) return
  const looked: Looked<R, Part & { readonly turns: number }> = new Map()
  let visits = 0
  const ends = (shown: R, origin: number, low: number, high: number, before: number, depth: number): boolean => {
    // Nothing else leads back to the region.
    if (!showing.has(shown) || !shown.enabled) return true
    const start = Math.max(low, origin)
    const end = Math.min(high, origin + shown.size)
    if (start >= end) return true
    const turns = shown === region ? before + 1 : before
    const places = placesOf(looked, shown)
    const known = places.get(origin)
    if (known !== undefined && known.low <= start && known.high >= end && known.turns >= turns) return true
    if (turns > MAX_TURNS || depth > MAX_DEPTH || ++visits > MAX_VISITS) return false
    const ended =
      shown.target === undefined
        ? shown.subregions.every(sub => ends(sub, origin + sub.address, start, end, turns, depth + 1))
        : ends(shown.target, origin - shown.targetOffset, start, end, turns, depth + 1)
    if (ended) places.set(origin, { low: start, high: end, turns })
    return ended
  }
  if (!ends(region, 0, 0, Number.POSITIVE_INFINITY, 0, 0))
    throw new RangeError(`${argument}: region ${show(region.name)} would show itself without end, through an alias`)
}
