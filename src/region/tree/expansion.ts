import { show } from '../../check.ts'
import type { RegionNode } from './region-links.ts'

/** How deep a region may be shown within itself, through aliases of its ancestors (RULES A6). */
const MAX_TURNS = 64
/** How many regions may lie on the way from a region down to itself. */
const MAX_DEPTH = 1024
/** How many regions a check may visit: it bounds the time that one takes. */
const MAX_VISITS = 65_536

/**
 * The most ranges that a view may have; QEMU's have at most 4096 (RULES D2). Twenty aliases of aliases can ask for
 * more, and a few more of them for more than there is memory.
 */
export const MAX_RANGES: number = 2 ** 18
/** How many regions a walk may pass: eight for each range. */
const MAX_PASSED = 8 * MAX_RANGES

export function refuseMany(): never {
  throw new RangeError(`a region tree must show at most ${MAX_RANGES} ranges, got more`)
}

/** Gets each region that is shown, aliases apart; a container after its subregions. `marks`: a set of flags. */
export type ExpansionVisitor<R> = (region: R, origin: number, low: number, high: number, marks: number) => void

/** For each region, by the address of its first byte: addresses at which it was walked already. */
type Looked<R, T extends Part = Part> = Map<R, Map<number, T>>

interface Part {
  readonly low: number
  readonly high: number
}

/** The state of one `expand`. */
interface Walk<R> {
  /** How many regions were visited so far. */
  passed: number
  /** The targets of aliases that were walked, and where. */
  readonly shown: Looked<R>
}

/**
 * Only a target with so many regions is remembered: to walk a smaller one again takes less time than to remember it.
 */
const WORTH_REMEMBERING = 32

/**
 * Walks what a region shows, in the order in which it wins (RULES C4): a container's subregions from the highest
 * priority on, then the region itself. `visitor` gets each enabled region, aliases apart, whose part of [low, high) is
 * not empty.
 *
 * An alias is not followed where the same region was walked at the same place before: what came first is seen, so that
 * nothing of the second walk would be. Without that, of aliases of aliases, two a level, each level would double the
 * time.
 *
 * Numbers are exact: what begins at 2^53 or above is clipped away, and below zero are only aliases' offsets.
 *
 * @param origin The address of the region's first byte; below zero where an alias begins further in.
 * @throws RangeError where it would pass more regions than any view shows.
 */
export function expand<R extends RegionNode<R>>(
  region: R,
  origin: number,
  low: number,
  high: number,
  visitor: ExpansionVisitor<R>,
  marks = 0,
  walk: Walk<R> = { passed: 0, shown: new Map() },
): void {
  if (!region.enabled) return
  const start = Math.max(low, origin)
  const end = Math.min(high, origin + region.size)
  if (start >= end) return
  if (++walk.passed > MAX_PASSED) refuseMany()
  const own = marks | region.marks
  const { target } = region
  if (target !== undefined) {
    const at = origin - region.targetOffset
    const before = walk.shown.get(target)?.get(at)
    if (before !== undefined && before.low <= start && before.high >= end) return
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
  visitor(region, origin, start, end, own)
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
    // Only regions that show `region` can lead back to it.
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
    throw new RangeError(`${argument}: region ${show(region.name)} would show itself without end`)
}
