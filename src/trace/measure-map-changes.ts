import { AddressSpace, type MemoryRegionSection, registerMemoryListener } from 'guestmem'
import { show } from '../check.ts'

/** A range of a space's view, as {@link MapChangeDetail} has it; {@link measureMapChanges} has an example. */
export interface MeasuredRange {
  /** The region's name. */
  readonly region: string
  /** Its first address in the space, bytes, and the one behind its last. */
  readonly start: number
  readonly end: number
}

/** The `detail` of an entry that {@link measureMapChanges} makes. */
export interface MapChangeDetail {
  /** The space's name. */
  readonly space: string
  /** Ranges that came, and that went, ascending. One whose place, size or kind has changed went and came. */
  readonly added: readonly MeasuredRange[]
  readonly removed: readonly MeasuredRange[]
  /** How many ranges are shown now. */
  readonly ranges: number
}

/** What `measureMapChanges` gives. */
export interface MapChangeMeasuring {
  /** Of all entries: `guestmem map: ` and the space's name. */
  readonly name: string
  readonly removed: boolean
  /** No entry is made from now on; those that there are stay. Again: nothing. */
  remove(): void
}

/**
 * Makes an entry of `performance.measure` for each transaction that changed what a space shows: its name, and as its detail a
 * MapChangeDetail. It begins as the space's first listener is told of the change, and ends when the last one has been: that is
 * what a change costs beyond rendering, which spaces of one root share.
 *
 * The entries are in the timeline of browsers' developer tools, in `performance.getEntriesByName(name)`, and told to a
 * PerformanceObserver. They stay until `performance.clearMeasures(name)`. It is a memory listener of the space: views are
 * rendered as transactions end, and not when somebody looks. Of one thread, as the space is; until the space is destroyed.
 *
 * @throws TypeError naming the argument; also where the engine has no `performance.measure`.
 */
export function measureMapChanges(space: AddressSpace): MapChangeMeasuring {
  if (!(space instanceof AddressSpace)) throw new TypeError(`space must be an AddressSpace, got ${show(space)}`)
  if (typeof globalThis.performance?.measure !== 'function')
    throw new TypeError('performance.measure must be there (Node 16 and browsers have it), got none')
  const name = `guestmem map: ${space.name}`
  let start = 0
  let added: MeasuredRange[] = []
  let removed: MeasuredRange[] = []
  // What a listener is told as it is registered and unregistered is no change.
  let live = false
  const begin = (): void => {
    start = performance.now()
    added = []
    removed = []
  }
  const commit = (): void => {
    if (!live || added.length + removed.length === 0) return
    const byStart = (a: MeasuredRange, b: MeasuredRange) => a.start - b.start
    const detail: MapChangeDetail = {
      space: space.name,
      added: added.sort(byStart),
      removed: removed.sort(byStart),
      ranges: space.view.ranges.length,
    }
    performance.measure(name, { start, end: performance.now(), detail })
  }
  const first = registerMemoryListener(
    space,
    {
      begin,
      regionAdd: section => void added.push(rangeOf(section)),
      regionDel: section => void removed.push(rangeOf(section)),
    },
    { priority: -(2 ** 31) },
  )
  const last = registerMemoryListener(space, { commit }, { priority: 2 ** 31 - 1 })
  live = true
  return {
    name,
    get removed() {
      return !live
    },
    remove() {
      if (!live) return
      live = false
      last()
      first()
    },
  }
}

function rangeOf({ region, start, end }: MemoryRegionSection): MeasuredRange {
  return { region: region.name, start, end }
}
