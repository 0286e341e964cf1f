import type { MemoryRegion } from '../region/memory-region.ts'

/** The numbers of a span, and where in its row they are. */
export const WIDTH = 5
/** Which region it is. To compare two regions themselves would fetch both. */
export const SERIAL = 0
export const FLAGS = 1
export const LOW = 2
/** The address behind the last. */
export const HIGH = 3
/** The address of the region's first byte; may be below zero. */
export const ORIGIN = 4

/** Flags: a span is readonly, or nonvolatile, as its region is, or what that is shown through (RULES C4). */
export const READONLY = 1
export const NONVOLATILE = 2
/** The region is so itself: ROM; a ROM device in its romd mode. */
export const ROM = 4
export const ROMD = 8
/** The region's DirtyClients are above these. */
export const CLIENTS_SHIFT = 4

/**
 * Addresses, and regions that are shown there. Rows of numbers, and the same ones for one map after the other: to make
 * objects of them, or new rows, takes longer than all the rest of rendering.
 */
export class RangeRows {
  count = 0
  rows: Float64Array = new Float64Array(0)
  readonly regions: (MemoryRegion | undefined)[] = []

  add(region: MemoryRegion, serial: number, flags: number, low: number, high: number, origin: number): void {
    const at = WIDTH * this.count
    if (at === this.rows.length) {
      const { rows } = this
      this.rows = new Float64Array(Math.max(64 * WIDTH, 2 * at))
      this.rows.set(rows)
    }
    const { rows } = this
    rows[at] = serial
    rows[at + FLAGS] = flags
    rows[at + LOW] = low
    rows[at + HIGH] = high
    rows[at + ORIGIN] = origin
    this.regions[this.count++] = region
  }

  /** Becomes the same as another, but for the regions: what is kept of a map keeps none of them alive. */
  keep({ count, rows }: RangeRows): void {
    if (WIDTH * count > this.rows.length) this.rows = new Float64Array(WIDTH * count)
    this.rows.set(rows.subarray(0, WIDTH * count))
    this.count = count
  }

  clear(): void {
    this.regions.fill(undefined, 0, this.count)
    this.count = 0
  }
}
