import { ADDRESS_LIMIT } from '../check.ts'
import type { MemoryRegion } from '../region/memory-region.ts'
import { NONVOLATILE, READONLY } from '../region/tree/marks.ts'
import { MinHeap } from './min-heap.ts'
import { FLAGS, HIGH, LOW, ORIGIN, type RangeRows, SERIAL, WIDTH } from './range-rows.ts'
import { sortedIndices } from './sorted-indices.ts'

/**
 * Finds what is seen of candidates that overlap: of those that hold an address, the first in their order (RULES C4). It
 * sweeps over the addresses, and keeps the candidates that hold the current one in a heap. Pieces that go on where the
 * last one ends are one (RULES C5). n log n in the number of candidates.
 */
export function sweepOverlaps(candidates: RangeRows, shown: RangeRows): void {
  const { count, rows, regions } = candidates
  const byLow = sortedIndices(rows, count, WIDTH, LOW)
  const lowOf = (index: number): number =>
    index < count ? (rows[WIDTH * (byLow[index] as number) + LOW] as number) : ADDRESS_LIMIT
  const open = new MinHeap()
  let next = 0
  let nextLow = lowOf(0)
  let address = 0
  // The piece that is being made: the index of its candidate, -1 where there is none, and the address where it starts.
  let latest = -1
  let start = 0
  const end = (): void => {
    if (latest < 0) return
    const at = WIDTH * latest
    const number = (column: number): number => rows[at + column] as number
    shown.add(regions[latest] as MemoryRegion, number(SERIAL), number(FLAGS), start, address, number(ORIGIN))
  }
  while (next < count || open.size > 0) {
    if (open.size === 0) {
      end()
      latest = -1
      address = nextLow
    }
    while (nextLow <= address && next < count) {
      open.push(byLow[next++] as number)
      nextLow = lowOf(next)
    }
    const seen = open.least
    const high = rows[WIDTH * seen + HIGH] as number
    if (high <= address) {
      open.pop()
      continue
    }
    if (latest !== seen && (latest < 0 || !isShownAlike(rows, WIDTH * latest, WIDTH * seen))) {
      end()
      latest = seen
      start = address
    }
    address = Math.min(high, nextLow)
  }
  end()
}

/** True of candidates that show one region at one place, with the same flags. */
function isShownAlike(rows: Float64Array, a: number, b: number): boolean {
  if (rows[a + SERIAL] !== rows[b + SERIAL] || rows[a + ORIGIN] !== rows[b + ORIGIN]) return false
  const differing = (rows[a + FLAGS] as number) ^ (rows[b + FLAGS] as number)
  return (differing & (READONLY | NONVOLATILE)) === 0
}
