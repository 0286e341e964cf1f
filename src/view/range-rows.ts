import type { MemoryRegion } from '../region/memory-region.ts'

/** How many numbers a row has, and at which index each of them is. */
export const WIDTH = 5
/** The region's serial number: to compare the regions themselves, both would have to be fetched. */
export const SERIAL = 0
export const FLAGS = 1
export const LOW = 2
/** The first address, and the one behind the last, are LOW and HIGH. */
export const HIGH = 3
/** The address of the region's first byte; may be below zero. */
export const ORIGIN = 4

/** Flags beside those that are handed on (marks.ts): the region itself is readonly; it is a ROM device in its romd mode. */
export const ROM = 4
export const ROMD = 8
/** The bits above these are the region's DirtyClients. */
export const CLIENTS_SHIFT = 4

/**
 * Regions, and the addresses at which each is shown, as rows of numbers. The rows are used for one map after the other:
 * to make objects in place of rows, or new rows each time, takes longer than all the rest of rendering.
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

  clear(): void {
    this.regions.fill(undefined, 0, this.count)
    this.count = 0
  }
}
