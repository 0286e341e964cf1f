import type { RamBlock } from 'guestmem'
import {
  type AccessTrace,
  type TraceCase,
  type TraceRange,
  type TraceRegion,
  TYPES_OF_MEMORY,
} from './replay-format.ts'

const PAGE = 4096

/** Pages of a memory region that requests touch, side by side: the rest of its gigabytes is not needed. */
export interface Run {
  readonly region: TraceRegion
  /** The offset in the region of the first byte, and behind the last; bytes, multiples of 4096. */
  readonly start: number
  readonly end: number
}

/** The range that holds an address. */
export function rangeAt(ranges: readonly TraceRange[], address: number): TraceRange | undefined {
  let low = 0
  let high = ranges.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((ranges[middle] as TraceRange).start <= address) low = middle + 1
    else high = middle
  }
  const range = ranges[low - 1]
  return range !== undefined && address < range.end ? range : undefined
}

/** Calls `visit` for each byte of a request that lies where memory is: its index, range, and offset in the region. */
export function memoryBytes(
  { flat }: AccessTrace,
  { space, address, bytes }: TraceCase,
  visit: (index: number, range: TraceRange, offset: number) => void,
): void {
  const first = Number(address)
  for (let index = 0; index < bytes.length; index++) {
    const range = rangeAt(flat[space], first + index)
    if (range !== undefined && TYPES_OF_MEMORY.includes(range.region.type))
      visit(index, range, range.offset + first + index - range.start)
  }
}

/** The pages that the requests of a file touch, by region. */
export function runsOf(trace: AccessTrace): Map<TraceRegion, Run[]> {
  const pages = new Map<TraceRegion, Set<number>>()
  for (const item of trace.cases) {
    memoryBytes(trace, item, (_, { region }, offset) => {
      const touched = pages.get(region) ?? new Set()
      pages.set(region, touched.add(Math.floor(offset / PAGE)))
    })
  }
  const runs = new Map<TraceRegion, Run[]>()
  for (const [region, touched] of pages) {
    const list: Run[] = []
    for (const page of [...touched].sort((a, b) => a - b)) {
      const last = list[list.length - 1]
      if (last?.end === page * PAGE) list[list.length - 1] = { ...last, end: last.end + PAGE }
      else list.push({ region, start: page * PAGE, end: (page + 1) * PAGE })
    }
    runs.set(region, list)
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

  /** Bytes of `run`'s size. */
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
