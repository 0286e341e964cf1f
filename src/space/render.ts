import { ADDRESS_LIMIT } from '../check.ts'
import { expand, type Marks } from '../region/expansion.ts'
import { globalDirtyLog } from '../region/global-dirty-log.ts'
import type { MemoryRegion } from '../region/memory-region.ts'
import { emptyView, type FlatRange, FlatView } from './flat-view.ts'
import { MinHeap } from './min-heap.ts'

interface Candidate {
  readonly region: MemoryRegion
  readonly origin: number
  readonly low: number
  readonly high: number
  readonly marks: Marks
  /** Its place among the candidates; the lowest wins. */
  readonly rank: number
}

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
  const view = new FlatView(shown, render(shown))
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

/** First come, first seen, in the order of `expand` (RULES C4); n log n in the number of regions. */
function render(root: MemoryRegion): FlatRange[] {
  const candidates: Candidate[] = []
  expand(root, 0, 0, ADDRESS_LIMIT, (region, origin, low, high, marks) => {
    if (region.kind !== 'container') candidates.push({ region, origin, low, high, marks, rank: candidates.length })
  })
  return sweep(candidates)
}

/** Sweeps over the addresses; the lowest rank of those that are open is seen. */
function sweep(candidates: readonly Candidate[]): FlatRange[] {
  const byStart = [...candidates].sort((a, b) => a.low - b.low)
  const open = new MinHeap()
  const ranges: FlatRange[] = []
  let next = 0
  let address = 0
  while (next < byStart.length || open.size > 0) {
    if (open.size === 0) address = (byStart[next] as Candidate).low
    for (let c = byStart[next]; c !== undefined && c.low <= address; c = byStart[++next]) open.push(c.rank)
    const seen = candidates[open.least] as Candidate
    if (seen.high <= address) {
      open.pop()
      continue
    }
    const end = Math.min(seen.high, byStart[next]?.low ?? ADDRESS_LIMIT)
    append(ranges, seen, address, end)
    address = end
  }
  return ranges
}

/** Reads come from its block (RULES A3). The same for all of a view's ranges of one region, as `rom` is. */
function isRomd(region: MemoryRegion): boolean {
  return region.kind === 'romDevice' && region.romdMode
}

/** Adds a piece; one that goes on where the last one ends makes it longer (RULES C5). */
function append(ranges: FlatRange[], seen: Candidate, start: number, end: number): void {
  const { region, marks } = seen
  const offset = start - seen.origin
  const last = ranges[ranges.length - 1]
  if (
    last !== undefined &&
    last.end === start &&
    last.region === region &&
    last.offset + (start - last.start) === offset &&
    last.readonly === marks.readonly &&
    last.nonvolatile === marks.nonvolatile
  )
    ranges[ranges.length - 1] = { ...last, end }
  else
    ranges.push({
      start,
      end,
      region,
      offset,
      ...marks,
      rom: region.readonly,
      romd: isRomd(region),
      dirtyLogMask: region.dirtyLogMask,
    })
}
