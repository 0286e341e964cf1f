import { show } from '../check.ts'
import { checkEvents } from './check-events.ts'
import type { TraceEvent } from './trace-event.ts'

/** What some accesses were, in numbers. */
export interface TraceCounts {
  readonly reads: number
  readonly writes: number
  readonly fetches: number
  /** How many of them were parts of requests, and no single accesses. */
  readonly dma: number
  /** Of all of them. */
  readonly bytes: number
  /** How many did not end well. */
  readonly failed: number
}

export interface TraceStatistics extends TraceCounts {
  /** From the first to the last event, ms; 0 where there was no clock. */
  readonly duration: number
  /** How many accesses were dropped between the events, as the gaps of their sequence say. */
  readonly missing: number
  /** Of each region, the most accesses first. What is not mapped has no name. */
  readonly regions: readonly (TraceCounts & { readonly region: string })[]
}

type Changing = { -readonly [Key in keyof TraceCounts]: TraceCounts[Key] }

function none(): Changing {
  return { reads: 0, writes: 0, fetches: 0, dma: 0, bytes: 0, failed: 0 }
}

function count(counts: Changing, { kind, size, dma, result }: TraceEvent): void {
  if (kind === 'read') counts.reads++
  else if (kind === 'write') counts.writes++
  else counts.fetches++
  if (dma) counts.dma++
  if (result !== 0) counts.failed++
  counts.bytes += size
}

/** Counts a trace: all of it, and by region. @throws TypeError where `events` are none. */
export function traceStatistics(events: Iterable<TraceEvent>): TraceStatistics {
  const all = none()
  const regions = new Map<string, Changing>()
  let first: TraceEvent | undefined
  let last: TraceEvent | undefined
  let missing = 0
  for (const event of checkEvents(events)) {
    const { region } = event
    const counts = regions.get(region) ?? none()
    regions.set(region, counts)
    count(counts, event)
    count(all, event)
    if (last !== undefined) missing += Math.max(0, event.sequence - last.sequence - 1)
    first ??= event
    last = event
  }
  const total = ({ reads, writes, fetches }: TraceCounts) => reads + writes + fetches
  const sorted = [...regions].map(([region, counts]) => ({ region, ...counts }))
  sorted.sort((a, b) => total(b) - total(a))
  return { ...all, duration: (last?.time ?? 0) - (first?.time ?? 0), missing, regions: sorted }
}

const HEADINGS = ['reads', 'writes', 'fetches', 'dma', 'bytes', 'failed'] as const

/** The same for people: a line for each region, and one for all. */
export function formatTraceStatistics(statistics: TraceStatistics): string {
  const { regions } = (statistics ?? {}) as Partial<TraceStatistics>
  if (!Array.isArray(regions) || typeof statistics.reads !== 'number')
    throw new TypeError(`statistics must be what traceStatistics gives, got ${show(statistics)}`)
  const row = (counts: TraceCounts, name: string) => [...HEADINGS.map(key => String(counts[key])), name]
  const rows = [
    [...HEADINGS, 'region'],
    ...statistics.regions.map(each => row(each, each.region || '(not mapped)')),
    row(statistics, '(all)'),
  ]
  const text = formatColumns(rows)
  return statistics.missing > 0 ? `${text}${statistics.missing} accesses between them were dropped\n` : text
}

/** Rows of as many cells each, of which the last is a name, and all others are numbers. */
export function formatColumns(rows: readonly (readonly string[])[]): string {
  const last = (rows[0]?.length ?? 0) - 1
  const width = (column: number) => Math.max(...rows.map(cells => (cells[column] as string).length))
  const widths = Array.from({ length: last }, (_, column) => width(column))
  const pad = (cell: string, column: number) => (column < last ? cell.padStart(widths[column] as number) : cell)
  return rows.map(cells => `${cells.map(pad).join('  ')}\n`).join('')
}
