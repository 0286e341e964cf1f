import { ADDRESS_LIMIT } from '../check.ts'
import { globalDirtyLog } from '../ram/dirty/global-dirty-log.ts'
import type { MemoryRegion } from '../region/memory-region.ts'
import { type ExpansionVisitor, expand } from '../region/tree/expansion.ts'
import { emptyView, type FlatRange, FlatView } from './flat-view.ts'
import { sweepOverlaps } from './overlap-sweep.ts'
import {
  CLIENTS_SHIFT,
  FLAGS,
  HIGH,
  LOW,
  NONVOLATILE,
  ORIGIN,
  RangeRows,
  READONLY,
  ROM,
  ROMD,
  WIDTH,
} from './range-rows.ts'

interface Rendering {
  version: number
  view: FlatView
  /** The rows of the view. */
  readonly kept: RangeRows
}

/**
 * The most ranges that a view may have; QEMU's have at most 4096 (RULES D2). Twenty aliases of aliases can ask for
 * more, and a few more of them for more than there is memory.
 */
const MAX_RANGES = 2 ** 18
/** At so many candidates, those that are not seen are dropped. Only the largest machines have as many. */
const MANY_CANDIDATES = 2 ** 17
/** They are dropped again when as many more have come as are seen, or so many, if that is more. */
const MORE_CANDIDATES = 2 ** 12

const rendered = new WeakMap<MemoryRegion, Rendering>()
// The state of the rendering that is under way: none begins within another.
let candidates = new RangeRows()
let latest = new RangeRows()
/** The addresses that the candidates covered when some were dropped: where each part begins, and where it ends. */
let taken: number[] = []
let candidateLimit = MANY_CANDIDATES

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

/** True of a region whose flags all that it shows inherits: to begin below it would lose them. */
function isMarked({ readonly, nonvolatile }: MemoryRegion): boolean {
  return readonly || nonvolatile
}

function render(root: MemoryRegion, rendering: Rendering): void {
  const { view, kept } = rendering
  try {
    expand(root, 0, 0, ADDRESS_LIMIT, COLLECTOR)
    sweep()
    rendering.view = new FlatView(root, rangesOf(latest, kept, view.ranges))
    kept.keep(latest)
  } finally {
    candidates.clear()
    latest.clear()
    // Rows that were needed once for very many candidates would keep their memory.
    if (taken.length > 0) [candidates, latest] = [new RangeRows(), new RangeRows()]
    taken = []
    candidateLimit = MANY_CANDIDATES
  }
}

/** Collects all that a region shows, in the order in which it wins (RULES C4). */
const COLLECTOR: ExpansionVisitor<MemoryRegion> = {
  visit(region, origin, low, high, { readonly, nonvolatile }) {
    if (region.kind === 'container') return
    // All that rendering needs of the region is read here, where the region is in the cache already.
    const flags =
      (readonly ? READONLY : 0) |
      (nonvolatile ? NONVOLATILE : 0) |
      (region.readonly ? ROM : 0) |
      (isRomd(region) ? ROMD : 0) |
      (region.dirtyLogMask << CLIENTS_SHIFT)
    candidates.add(region, region.serial, flags, low, high, origin)
    if (candidates.count === candidateLimit) dropUnseen()
  },

  isTaken(low, high) {
    // The last part that begins at `low` or below.
    let [part, end] = [0, taken.length / 2]
    while (part < end) {
      const middle = (part + end) >>> 1
      if ((taken[2 * middle] as number) <= low) part = middle + 1
      else end = middle
    }
    return part > 0 && (taken[2 * part - 1] as number) >= high
  },
}

/** Puts what is seen of the candidates into `latest`. */
function sweep(): void {
  sweepOverlaps(candidates, latest)
  if (latest.count > MAX_RANGES) throw new RangeError(`a region tree must show at most ${MAX_RANGES} ranges, got more`)
}

/**
 * Drops the candidates that are not seen whatever comes after them, so that no more are kept than twice as many as are.
 */
function dropUnseen(): void {
  sweep()
  candidates.clear()
  ;[candidates, latest] = [latest, candidates]
  const { count, rows } = candidates
  candidateLimit = count + Math.max(MORE_CANDIDATES, count)
  taken = []
  for (let at = 0; at < WIDTH * count; at += WIDTH) {
    const low = rows[at + LOW] as number
    const high = rows[at + HIGH] as number
    if (low === taken[taken.length - 1]) taken[taken.length - 1] = high
    else taken.push(low, high)
  }
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
