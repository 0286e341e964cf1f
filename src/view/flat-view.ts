import type { MemoryRegion } from '../region/memory-region.ts'
import { pageSlotCount, pageSlotOf, pageSlotShift } from './page-slots.ts'

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
  /** The starts of the ranges. Made when something is looked for. */
  #starts: Float64Array | undefined
  /** For each slot, the range that an address of its pages was last found in: most lookups need no search. */
  #slots: (FlatRange | undefined)[] = []
  readonly #shift: number
  #latest: FlatRange | undefined

  constructor(root: MemoryRegion | undefined, ranges: readonly FlatRange[]) {
    this.root = root
    this.ranges = Object.freeze(ranges)
    this.#shift = pageSlotShift(ranges.length)
  }

  /** The range that holds `address`; undefined where nothing is mapped. */
  find(address: number): FlatRange | undefined {
    const latest = this.#latest
    if (latest !== undefined && address >= latest.start && address < latest.end) return latest
    const slot = pageSlotOf(address, this.#shift)
    let range = this.#slots[slot]
    if (range === undefined || !(address >= range.start && address < range.end)) range = this.#search(address, slot)
    this.#latest = range
    return range
  }

  #search(address: number, slot: number): FlatRange | undefined {
    const range = this.ranges[this.indexAt(address)]
    if (range === undefined || !(address < range.end)) return undefined
    if (this.#slots.length === 0) this.#slots = new Array(pageSlotCount(this.#shift)).fill(undefined)
    this.#slots[slot] = range
    return range
  }

  /** The index of the last range that begins at `address` or below; -1 where none does. */
  indexAt(address: number): number {
    this.#starts ??= Float64Array.from(this.ranges, ({ start }) => start)
    const starts = this.#starts
    let low = 0
    let high = starts.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((starts[middle] as number) <= address) low = middle + 1
      else high = middle
    }
    return low - 1
  }
}

let empty: FlatView | undefined

/** The view of spaces that show nothing: one for all (RULES C3). */
export function emptyView(): FlatView {
  empty ??= new FlatView(undefined, [])
  return empty
}
