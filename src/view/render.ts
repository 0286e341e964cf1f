import { ADDRESS_LIMIT } from '../check.ts'
import { globalDirtyLog } from '../ram/dirty/global-dirty-log.ts'
import type { MemoryRegion } from '../region/memory-region.ts'
import { expand, MAX_RANGES, refuseMany } from '../region/tree/expansion.ts'
import { NONVOLATILE, READONLY } from '../region/tree/marks.ts'
import { emptyView, type FlatRange, FlatView } from './flat-view.ts'
import { resolveOverlaps } from './overlaps.ts'
import { CLIENTS_SHIFT, FLAGS, HIGH, LOW, ORIGIN, RangeRows, ROM, ROMD, WIDTH } from './range-rows.ts'

interface Rendering {
  version: number
  view: FlatView
  /** The rows of the view. */
  kept: RangeRows
}

const rendered = new WeakMap<MemoryRegion, Rendering>()
// The state of the rendering that is under way: none begins within another.
let candidates = new RangeRows()
let latest = new RangeRows()

/**
 * The flat view of a region tree. Rendered once as long as nothing in it changes, and shared by all who ask.
 *
 * @param root The root of an address space; views are shared by the region that `flatViewRoot` finds below it.
 */
export function viewOf(root: MemoryRegion): FlatView {
  const shown = flatViewRoot(root)
  if (shown === undefined) return emptyView()
  // Both only grow, so that their sum is the same only if both are.
  const version = shown.links.version + globalDirtyLog.version
  let known = rendered.get(shown)
  if (known === undefined) {
    known = { version: -1, view: emptyView(), kept: new RangeRows() }
    rendered.set(shown, known)
  }
  if (known.version !== version) {
    render(shown, known)
    known.version = version
  }
  return known.view
}

/**
 * Walks down from a root while the next region shows the same (RULES C3): an alias of the beginning of something no
 * larger, or a container whose one enabled subregion begins at 0 and fits; not a region that hands flags on. Undefined where nothing is shown.
 */
export function flatViewRoot(root: MemoryRegion): MemoryRegion | undefined {
  let region = root
  for (;;) {
    if (!region.enabled) return undefined
    if (region.target !== undefined) {
      if (region.marks !== 0 || region.targetOffset !== 0 || region.size < region.target.size) return region
      region = region.target
    } else if (region.kind === 'container') {
      const first = region.subregions.findIndex(subregion => subregion.enabled)
      const only = region.subregions[first]
      if (only === undefined) return undefined
      if (region.marks !== 0 || only.address !== 0 || only.size > region.size) return region
      if (region.subregions.some((subregion, index) => index > first && subregion.enabled)) return region
      region = only
    } else return region
  }
}

function render(root: MemoryRegion, rendering: Rendering): void {
  const { view, kept } = rendering
  try {
    expand(root, 0, 0, ADDRESS_LIMIT, collect)
    resolveOverlaps(candidates, latest)
    if (latest.count > MAX_RANGES) refuseMany()
    rendering.view = new FlatView(root, rangesOf(latest, kept, view.ranges))
    rendering.kept = latest
    latest = kept
  } finally {
    candidates.clear()
    latest.clear()
    // Rows that were needed once for very many candidates would keep their memory.
    if (candidates.rows.length > WIDTH * MAX_RANGES) [candidates, latest] = [new RangeRows(), new RangeRows()]
  }
}

/** Collects all that a region shows, in the order in which it wins (RULES C4). */
function collect(region: MemoryRegion, origin: number, low: number, high: number, marks: number): void {
  if (region.kind === 'container') return
  // All that rendering needs of the region is read here, where the region is in the cache already.
  const flags =
    marks | (region.readonly ? ROM : 0) | (isRomd(region) ? ROMD : 0) | (region.dirtyLogMask << CLIENTS_SHIFT)
  candidates.add(region, region.serial, flags, low, high, origin)
}

/** True of a ROM device whose reads come from its block (RULES A3). */
function isRomd(region: MemoryRegion): boolean {
  return region.kind === 'romDevice' && region.romdMode
}

/**
 * Makes the ranges of a view. Where the view before it has the same range, it is the same object: most of a map stays.
 */
function rangesOf({ count, rows, regions }: RangeRows, before: RangeRows, old: readonly FlatRange[]): FlatRange[] {
  const ranges = new Array<FlatRange>(count)
  const end = WIDTH * before.count
  let was = 0
  for (let i = 0; i < count; i++) {
    const at = WIDTH * i
    while (was < end && (before.rows[was + LOW] as number) < (rows[at + LOW] as number)) was += WIDTH
    const same = was < end && isSame(rows, at, before.rows, was)
    ranges[i] = same ? (old[was / WIDTH] as FlatRange) : rangeOf(regions[i] as MemoryRegion, rows, at)
  }
  return ranges
}

function isSame(rows: Float64Array, at: number, before: Float64Array, was: number): boolean {
  for (let i = 0; i < WIDTH; i++) if (rows[at + i] !== before[was + i]) return false
  return true
}

function rangeOf(region: MemoryRegion, rows: Float64Array, at: number): FlatRange {
  const start = rows[at + LOW] as number
  const flags = rows[at + FLAGS] as number
  return {
    start,
    end: rows[at + HIGH] as number,
    region,
    offset: start - (rows[at + ORIGIN] as number),
    readonly: (flags & READONLY) !== 0,
    rom: (flags & ROM) !== 0,
    romd: (flags & ROMD) !== 0,
    nonvolatile: (flags & NONVOLATILE) !== 0,
    dirtyLogMask: flags >>> CLIENTS_SHIFT,
  }
}
