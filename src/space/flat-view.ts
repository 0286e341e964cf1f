import type { MemoryRegion } from '../region/memory-region.ts'
import { slotCount, slotOf, slotShift } from './slots.ts'

const NO_HINTS = /* @__PURE__ */ new Int32Array(0)

/** A piece of a flat view: one region seen at contiguous addresses. */
export interface FlatRange {
  /** The first address, bytes. */
  readonly start: number
  /** The address behind the last, bytes; at most 2^53. */
  readonly end: number
  readonly region: MemoryRegion
  /** The offset in the region at which the range begins, bytes. */
  readonly offset: number
  /** The region, or something it is shown through, is readonly (RULES C4). */
  readonly readonly: boolean
  /** The region's own flag: writes are rejected (RULES E2). */
  readonly rom: boolean
  /** A ROM device in its romd mode: reads are direct, writes go to its handlers. */
  readonly romd: boolean
  /** The region, or something it is shown through, is nonvolatile. */
  readonly nonvolatile: boolean
  /** The region's: a set of DirtyClient bits. */
  readonly dirtyLogMask: number
}

/**
 * What is seen at each address: ranges in ascending order that do not overlap (QEMU's FlatView). Immutable; rendered
 * from a region tree, and shared by all address spaces that show the same.
 */
export class FlatView {
  /** The region it was rendered from; undefined for the view of nothing. */
  readonly root: MemoryRegion | undefined
  readonly ranges: readonly FlatRange[]
  // Made when something is looked for. The starts, between the lowest and the highest of all numbers; and for the pages
  // of a slot, at which of them the latest was found: most lookups need no search.
  #starts: Float64Array | undefined
  #hints: Int32Array = NO_HINTS
  readonly #shift: number
  #latest = 0

  constructor(root: MemoryRegion | undefined, ranges: readonly FlatRange[]) {
    this.root = root
    this.ranges = Object.freeze(ranges)
    this.#shift = slotShift(ranges.length)
  }

  /** The index of the last range that begins at `address` or below; -1 where none does. */
  indexAt(address: number): number {
    const starts = this.#starts ?? this.#prepare()
    const latest = this.#latest
    if ((starts[latest] as number) <= address && address < (starts[latest + 1] as number)) return latest - 1
    const slot = slotOf(address, this.#shift)
    let low = this.#hints[slot] as number
    if (!((starts[low] as number) <= address && address < (starts[low + 1] as number))) {
      low = this.#search(starts, address)
      this.#hints[slot] = low
    }
    this.#latest = low
    return low - 1
  }

  #search(starts: Float64Array, address: number): number {
    let low = 0
    let high = starts.length - 1
    while (low < high - 1) {
      const middle = (low + high) >>> 1
      if ((starts[middle] as number) <= address) low = middle
      else high = middle
    }
    return low
  }

  #prepare(): Float64Array {
    const { ranges } = this
    const starts = new Float64Array(ranges.length + 2)
    starts[0] = Number.NEGATIVE_INFINITY
    for (let i = 0; i < ranges.length; i++) starts[i + 1] = (ranges[i] as FlatRange).start
    starts[ranges.length + 1] = Number.POSITIVE_INFINITY
    this.#hints = new Int32Array(slotCount(this.#shift))
    this.#starts = starts
    return starts
  }

  /** The range that holds `address`; undefined where nothing is mapped. */
  find(address: number): FlatRange | undefined {
    const range = this.ranges[this.indexAt(address)]
    return range !== undefined && address < range.end ? range : undefined
  }
}

let empty: FlatView | undefined

/** The view of spaces that show nothing: one for all (RULES C3). */
export function emptyView(): FlatView {
  empty ??= new FlatView(undefined, [])
  return empty
}
