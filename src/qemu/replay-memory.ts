import type { RamBlock } from 'guestmem'
import {
  type AccessTrace,
  type TraceCase,
  type TraceRange,
  type TraceRegion,
  TYPES_OF_MEMORY,
} from './replay-format.ts'

const PAGE = 4096

/** The most pages of memory that the requests of a file touch: 16 MiB. The recordings have some hundred. */
const MOST_PAGES = 4096

/** Pages of a memory region that requests touch, side by side: the rest of its gigabytes is not needed. */
export interface Run {
  readonly region: TraceRegion
  /** The offset in the region of the first byte, and behind the last; bytes, multiples of 4096. */
  readonly start: number
  readonly end: number
}

/** The index of the first range that ends behind an address. */
function indexBehind(ranges: readonly TraceRange[], address: number): number {
  let low = 0
  let high = ranges.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((ranges[middle] as TraceRange).end <= address) low = middle + 1
    else high = middle
  }
  return low
}

/** The range that holds an address. */
export function rangeAt(ranges: readonly TraceRange[], address: number): TraceRange | undefined {
  const range = ranges[indexBehind(ranges, address)]
  return range !== undefined && address >= range.start ? range : undefined
}

/** Bytes of a request that lie side by side in one range of memory. */
export interface MemoryPiece {
  readonly range: TraceRange
  /** The index in the request of the first byte. */
  readonly index: number
  /** The offset in the region of the first byte. */
  readonly offset: number
  readonly size: number
}

/** The parts of a request where memory is, in ascending order. */
export function* memoryPieces(
  { flat }: AccessTrace,
  { space, address, bytes }: TraceCase,
): Generator<MemoryPiece, void, void> {
  const ranges = flat[space]
  const first = Number(address)
  const end = first + bytes.length
  for (let at = indexBehind(ranges, first); at < ranges.length; at++) {
    const range = ranges[at] as TraceRange
    if (range.start >= end) return
    const start = Math.max(first, range.start)
    if (TYPES_OF_MEMORY.includes(range.region.type))
      yield {
        range,
        index: start - first,
        offset: range.offset + start - range.start,
        size: Math.min(end, range.end) - start,
      }
  }
}

/** The pages that the requests of a file touch. */
export interface TouchedMemory {
  /** Of each region, in ascending order. */
  readonly runs: ReadonlyMap<TraceRegion, readonly Run[]>
  /** Of each range, those that are touched through it: parts of the runs of its region. */
  readonly windows: ReadonlyMap<TraceRange, readonly Run[]>
}

/** @throws RangeError where they are too many. */
export function touchedMemory(trace: AccessTrace): TouchedMemory {
  const byRegion = new Map<TraceRegion, Set<number>>()
  const byRange = new Map<TraceRange, Set<number>>()
  let pages = 0
  for (const [index, item] of trace.cases.entries()) {
    for (const { range, offset, size } of memoryPieces(trace, item)) {
      const ofRegion = setOf(byRegion, range.region)
      const ofRange = setOf(byRange, range)
      const before = ofRegion.size
      for (let page = Math.floor(offset / PAGE); page * PAGE < offset + size; page++) {
        ofRegion.add(page)
        ofRange.add(page)
      }
      pages += ofRegion.size - before
      if (pages > MOST_PAGES)
        throw new RangeError(
          `json.cases[${index}] must leave the pages of memory that cases touch at ${MOST_PAGES} in all`,
        )
    }
  }
  return {
    runs: new Map([...byRegion].map(([region, touched]) => [region, sideBySide(region, touched)])),
    windows: new Map([...byRange].map(([range, touched]) => [range, sideBySide(range.region, touched)])),
  }
}

function setOf<K>(sets: Map<K, Set<number>>, key: K): Set<number> {
  let set = sets.get(key)
  if (set === undefined) {
    set = new Set()
    sets.set(key, set)
  }
  return set
}

function sideBySide(region: TraceRegion, pages: ReadonlySet<number>): Run[] {
  const runs: Run[] = []
  for (const page of [...pages].sort((a, b) => a - b)) {
    const last = runs.at(-1)
    if (last?.end === page * PAGE) runs[runs.length - 1] = { ...last, end: last.end + PAGE }
    else runs.push({ region, start: page * PAGE, end: (page + 1) * PAGE })
  }
  return runs
}

/** The bytes behind one run, in each machine that replays the file. */
export class RunBytes {
  readonly run: Run
  readonly #views: Uint8Array[] = []
  /** By byte: 0 where its value is not known, else one more than how often a device had been told an address before. */
  readonly #known: Uint32Array

  constructor(run: Run) {
    this.run = run
    this.#known = new Uint32Array(run.end - run.start)
  }

  /** Makes a block of `run`'s size one of those that `poke` writes to. */
  add(block: RamBlock): void {
    this.#views.push(block.view())
  }

  peek(offset: number): number {
    return this.#views[0]?.[offset - this.run.start] ?? 0
  }

  poke(offset: number, byte: number): void {
    for (const view of this.#views) view[offset - this.run.start] = byte
  }

  known(offset: number): number {
    return this.#known[offset - this.run.start] ?? 0
  }

  learn(offset: number, known: number): void {
    this.#known[offset - this.run.start] = known
  }
}

/** The one of a region's runs, in ascending order, that holds an offset: there is one for each byte that is touched. */
export function runAt(runs: readonly RunBytes[] | undefined, offset: number): RunBytes {
  const all = runs ?? []
  let low = 0
  let high = all.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((all[middle] as RunBytes).run.end <= offset) low = middle + 1
    else high = middle
  }
  return all[low] as RunBytes
}
