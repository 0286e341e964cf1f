import { ADDRESS_LIMIT } from '../check.ts'
import { expand, type Marks } from '../region/expansion.ts'
import { globalDirtyLog } from '../region/global-dirty-log.ts'
import type { MemoryRegion } from '../region/memory-region.ts'
import { ascending } from './ascending.ts'
import { emptyView, type FlatRange, FlatView } from './flat-view.ts'
import { MinHeap } from './min-heap.ts'

const rendered = new WeakMap<MemoryRegion, { version: number; view: FlatView }>()

/**
 * The flat view of a region tree. Rendered once as long as nothing in it changes, and shared by all who ask.
 *
 * @param root The root of an address space; views are shared by the region that `flatViewRoot` finds below it.
 */
export function viewOf(root: MemoryRegion): FlatView {
  const shown = flatViewRoot(root)
  if (shown === undefined) return emptyView()
  // Both only grow, so the sum is the same only where both are.
  const version = shown.links.version + globalDirtyLog.version
  const known = rendered.get(shown)
  if (known !== undefined && known.version === version) return known.view
  const view = new FlatView(shown, render(shown, known?.view.ranges ?? []))
  rendered.set(shown, { version, view })
  return view
}

/**
 * Walks down from a root while the next region shows the same (RULES C3): an alias of the beginning of something no
 * larger, or a container whose one enabled subregion begins at 0 and fits. Undefined where nothing is shown.
 */
export function flatViewRoot(root: MemoryRegion): MemoryRegion | undefined {
  let region = root
  for (;;) {
    if (!region.enabled) return undefined
    if (region.target !== undefined) {
      if (isMarked(region) || region.targetOffset !== 0 || region.size < region.target.size) return region
      region = region.target
    } else if (region.kind === 'container') {
      const first = region.subregions.findIndex(subregion => subregion.enabled)
      const only = region.subregions[first]
      if (only === undefined) return undefined
      if (isMarked(region) || only.address !== 0 || only.size > region.size) return region
      if (region.subregions.some((subregion, index) => index > first && subregion.enabled)) return region
      region = only
    } else return region
  }
}

/** What is below would lose a mark that `expand` gives it. */
function isMarked({ readonly, nonvolatile }: MemoryRegion): boolean {
  return readonly || nonvolatile
}

/**
 * What may be seen at some addresses, by rank: where several may, the one of the lowest rank is. A column for each field,
 * and the same ones for one map after the other: to make objects of them, or new columns, takes longer than all the rest.
 * None but the map that is rendered uses them.
 */
const regions: (MemoryRegion | undefined)[] = []
const markings: Marks[] = []
/** What the region is itself: ROM, then a ROM device in romd mode, then its DirtyClients; a bit each. */
const flags: number[] = []
/** The address of the region's first byte; may be below zero. */
const origins: number[] = []
const lows: number[] = []
/** The addresses behind the last. */
const highs: number[] = []

/** First come, first seen, in the order of `expand` (RULES C4); n log n in the number of regions. */
function render(root: MemoryRegion, before: readonly FlatRange[]): FlatRange[] {
  let count = 0
  expand(root, 0, 0, ADDRESS_LIMIT, (region, origin, low, high, marks) => {
    if (region.kind === 'container') return
    regions[count] = region
    markings[count] = marks
    // Here, where the region is at hand: later it would have to be fetched again.
    flags[count] = (region.readonly ? 1 : 0) | (isRomd(region) ? 2 : 0) | (region.dirtyLogMask << 2)
    origins[count] = origin
    lows[count] = low
    highs[count++] = high
  })
  const ranges = sweep(count, before)
  regions.fill(undefined)
  return ranges
}

/**
 * Sweeps over the addresses; the lowest rank of those that are open is seen. Pieces that go on where the last one ends are
 * one range (RULES C5).
 */
function sweep(count: number, before: readonly FlatRange[]): FlatRange[] {
  const byLow = ascending(lows, count)
  const lowOf = (index: number): number => (index < count ? (lows[byLow[index] as number] as number) : ADDRESS_LIMIT)
  const open = new MinHeap()
  const ranges: FlatRange[] = []
  let next = 0
  let address = 0
  // The range in the making: its rank, where it starts, and the first of those before that is not below it.
  let latest = -1
  let start = 0
  let old = 0
  while (next < count || open.size > 0) {
    if (open.size === 0) {
      if (latest >= 0) old = append(ranges, latest, start, address, before, old)
      latest = -1
      address = lowOf(next)
    }
    while (next < count && lowOf(next) <= address) open.push(byLow[next++] as number)
    const seen = open.least
    const high = highs[seen] as number
    if (high <= address) {
      open.pop()
      continue
    }
    if (!isShownAlike(latest, seen)) {
      if (latest >= 0) old = append(ranges, latest, start, address, before, old)
      latest = seen
      start = address
    }
    address = Math.min(high, lowOf(next))
  }
  if (latest >= 0) append(ranges, latest, start, address, before, old)
  return ranges
}

/** Reads come from its block (RULES A3). */
function isRomd(region: MemoryRegion): boolean {
  return region.kind === 'romDevice' && region.romdMode
}

/** Of one region, at one place, with the same marks. */
function isShownAlike(rank: number, other: number): boolean {
  if (rank === other) return true
  if (regions[rank] !== regions[other] || origins[rank] !== origins[other]) return false
  return isMarkedAlike(markings[rank] as Marks, markings[other] as Marks)
}

function isMarkedAlike(a: Marks, b: Marks): boolean {
  return a.readonly === b.readonly && a.nonvolatile === b.nonvolatile
}

/**
 * Adds a range; the same object where there is the same in the view before: most of a large map stays.
 *
 * @param from Where to look for it in `before`. Returned for the next.
 */
function append(
  ranges: FlatRange[],
  rank: number,
  start: number,
  end: number,
  before: readonly FlatRange[],
  from: number,
): number {
  const region = regions[rank] as MemoryRegion
  const mark = markings[rank] as Marks
  const offset = start - (origins[rank] as number)
  const { readonly, nonvolatile } = mark
  const flag = flags[rank] as number
  const rom = (flag & 1) !== 0
  const romd = (flag & 2) !== 0
  const dirtyLogMask = flag >>> 2
  let at = from
  while (at < before.length && (before[at] as FlatRange).start < start) at++
  const old = before[at]
  const same =
    old !== undefined &&
    old.start === start &&
    old.end === end &&
    old.region === region &&
    old.offset === offset &&
    isMarkedAlike(old, mark) &&
    old.rom === rom &&
    old.romd === romd &&
    old.dirtyLogMask === dirtyLogMask
  ranges.push(same ? old : { start, end, region, offset, readonly, rom, romd, nonvolatile, dirtyLogMask })
  return at
}
