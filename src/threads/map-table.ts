import { type Layout, ROW_WORDS, TABLE_HEADER_WORDS } from './layout.ts'
import { loadRow, type MapRow, storeRow } from './map-row.ts'

/**
 * Writes the map of number `epoch` into its table, which held the one two before it. Members that still read that one find
 * out by the table's number, which is another one, or none, before the first row changes and until the last one has. All
 * accesses are atomic: with plain rows that is right only on a CPU that keeps loads in order.
 */
export function writeMap(words: Int32Array, layout: Layout, epoch: number, rows: readonly MapRow[]): void {
  const at = layout.table(epoch)
  // No map has this number: it has the other parity.
  Atomics.store(words, at, epoch ^ 1)
  Atomics.store(words, at + 1, rows.length)
  rows.forEach((row, i) => {
    storeRow(words, at + TABLE_HEADER_WORDS + i * ROW_WORDS, row)
  })
  Atomics.store(words, at, epoch)
}

/** The map of number `epoch`; undefined where the table was written anew meanwhile. */
export function readMap(words: Int32Array, layout: Layout, epoch: number): MapRow[] | undefined {
  const at = layout.table(epoch)
  if (Atomics.load(words, at) !== epoch) return undefined
  const count = Math.min(Atomics.load(words, at + 1), layout.shape.ranges)
  const rows = Array.from({ length: count }, (_, i) => loadRow(words, at + TABLE_HEADER_WORDS + i * ROW_WORDS))
  return Atomics.load(words, at) === epoch ? rows : undefined
}
