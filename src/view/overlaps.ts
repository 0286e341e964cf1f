import type { MemoryRegion } from '../region/memory-region.ts'
import { NONVOLATILE, READONLY } from '../region/tree/marks.ts'
import { FLAGS, HIGH, LOW, ORIGIN, type RangeRows, SERIAL, WIDTH } from './range-rows.ts'

/**
 * Finds what is seen of candidates that overlap: of those that hold an address, the first in their order (RULES C4).
 * Between two neighbours of all addresses at which a candidate begins or ends, one is seen: each candidate takes, in
 * their order, those of these pieces that none before it has taken. Pieces that go on where the last one ends are one
 * (RULES C5). n log n in the number of candidates.
 */
export function resolveOverlaps(candidates: RangeRows, shown: RangeRows): void {
  const { count, rows, regions } = candidates
  const last = 2 * count
  const edges = new Float64Array(last + 1).fill(Number.POSITIVE_INFINITY)
  // Most regions of a map are added in the order of their addresses, and come here from the latest to the first.
  let isSorted = true
  for (let i = 0, at = last; i < count; i++) {
    const high = rows[WIDTH * i + HIGH] as number
    if (high > (edges[at] as number)) isSorted = false
    edges[--at] = high
    edges[--at] = rows[WIDTH * i + LOW] as number
  }
  if (!isSorted) edges.sort()
  // For the piece behind each edge: the candidate that is seen there, -1 where none is; and a piece from there on, such
  // that all between them are taken.
  const seen = new Int32Array(last + 1).fill(-1)
  const free = new Uint32Array(last + 1)
  for (let i = 0; i <= last; i++) free[i] = i
  const nextFree = (from: number): number => {
    let at = from
    while (free[at] !== at) {
      // Each step makes the way half as long for whoever comes next.
      free[at] = free[free[at] as number] as number
      at = free[at] as number
    }
    return at
  }
  for (let i = 0; i < count; i++) {
    const low = rows[WIDTH * i + LOW] as number
    const high = rows[WIDTH * i + HIGH] as number
    // Where it is if all are in that order.
    const likely = last - 2 - 2 * i
    let at = nextFree(edges[likely] === low ? likely : edgeAt(edges, low))
    while ((edges[at] as number) < high) {
      seen[at] = i
      free[at] = at + 1
      at = nextFree(at)
    }
  }
  // The range that is being made: the index of its candidate, and the address where it starts.
  let latest = -1
  let start = 0
  for (let i = 0; i <= last; i++) {
    const index = seen[i] as number
    const address = edges[i] as number
    if (index === latest || address === edges[i + 1]) continue
    const at = WIDTH * latest
    if (latest >= 0) {
      if (index >= 0 && isShownAlike(rows, at, WIDTH * index)) continue
      const number = (column: number): number => rows[at + column] as number
      shown.add(regions[latest] as MemoryRegion, number(SERIAL), number(FLAGS), start, address, number(ORIGIN))
    }
    latest = index
    start = address
  }
}

/** The index of an edge at `address`. Of several the first: the pieces between them are empty. */
function edgeAt(edges: Float64Array, address: number): number {
  let low = 0
  let high = edges.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((edges[middle] as number) < address) low = middle + 1
    else high = middle
  }
  return low
}

/** True of candidates that show one region at one place, with the same flags. */
function isShownAlike(rows: Float64Array, a: number, b: number): boolean {
  if (rows[a + SERIAL] !== rows[b + SERIAL] || rows[a + ORIGIN] !== rows[b + ORIGIN]) return false
  const differing = (rows[a + FLAGS] as number) ^ (rows[b + FLAGS] as number)
  return (differing & (READONLY | NONVOLATILE)) === 0
}
