import { show } from '../../check.ts'
import type { RegionNode } from './region-links.ts'

/** How deep a region may be shown within itself, through aliases of its ancestors (RULES A6). */
const MAX_TURNS = 64
/** How many regions may lie on the way from a region down to itself. */
const MAX_DEPTH = 1024
const TURN = 2048
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

/** Gets each region that is shown, aliases apart; a container after its subregions. */
export type ExpansionVisitor<R> = (region: R, origin: number, low: number, high: number, handed: number) => void

/**
 * Called before what a region shows is walked. Gets what is handed down to the region, and returns what the region hands
 * down; below zero where it is to be left out.
 */
export type Enter<R> = (region: R, handed: number) => number

interface Part {
  readonly low: number
  readonly high: number
}

/** The state of one `expand`. */
interface Walk<R> {
  /** How many regions were visited so far. */
  passed: number
  /** The targets of aliases that were walked, and where: by the address of the first byte. */
  readonly shown: Map<R, Map<number, Part>>
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
  enter: Enter<R>,
  visitor: ExpansionVisitor<R>,
  handed = 0,
  walk: Walk<R> = { passed: 0, shown: new Map() },
): void {
  if (!region.enabled) return
  const start = Math.max(low, origin)
  const end = Math.min(high, origin + region.size)
  if (start >= end) return
  const own = enter(region, handed)
  if (own < 0) return
  if (++walk.passed > MAX_PASSED) refuseMany()
  const { target } = region
  if (target !== undefined) {
    const at = origin - region.targetOffset
    const places = walk.shown.get(target) ?? new Map<number, Part>()
    const before = places.get(at)
    if (before !== undefined && before.low <= start && before.high >= end) return
    const { passed } = walk
    expand(target, at, start, end, enter, visitor, own, walk)
    if (walk.passed - passed >= WORTH_REMEMBERING) walk.shown.set(target, places.set(at, { low: start, high: end }))
    return
  }
  const { subregions } = region
  for (let i = subregions.length - 1; i >= 0; i--) {
    const subregion = subregions[i] as R
    expand(subregion, origin + subregion.address, start, end, enter, visitor, own, walk)
  }
  visitor(region, origin, start, end, own)
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
  // What is handed down: how many regions lie above, and how many of them are `region`, times TURN.
  const enter = (shown: R, handed: number): number => {
    // Only regions that show `region` can lead back to it.
    if (!showing.has(shown)) return -1
    const above = handed + (shown === region ? TURN + 1 : 1)
    if (above > (MAX_TURNS + 1) * TURN || above % TURN > MAX_DEPTH) refuseMany()
    return above
  }
  try {
    const walk = { passed: MAX_PASSED - MAX_VISITS, shown: new Map() }
    expand(region, 0, 0, Number.POSITIVE_INFINITY, enter, () => {}, 0, walk)
  } catch {
    throw new RangeError(`${argument}: region ${show(region.name)} would show itself without end`)
  }
}
