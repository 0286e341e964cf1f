import { readFileSync, writeFileSync } from 'node:fs'
import {
  compareTraces,
  formatTrace,
  formatTraceStatistics,
  parseTraceLines,
  type TraceEvent,
  TraceRing,
  traceStatistics,
  traceToSvg,
} from '../trace/trace.ts'
import { type Command, ENDS, EXIT, type Given, Misuse, textOf } from './command.ts'
import { visible } from './output.ts'

const HELP = `guestmem trace FILE [--svg FILE] [--report FILE] [--lines] [--against FILE]

  Says of a trace how many accesses there were, region by region. FILE is text with lines of QEMU's memory_region_ops_*
  (-trace 'memory_region_ops_*' -D FILE), or a TraceRing's bytes.

  --svg FILE     draws a timeline
  --report FILE  writes the numbers as JSON
  --json         prints the numbers as JSON
  --lines        prints the accesses as QEMU's lines
  --against FILE compares with another trace, line by line

  Ends with 0, with 1 where --against finds a difference, ${ENDS}.
`

/** `guestmem trace` */
export const traceCommand: Command = {
  summary: 'says what is in a trace of accesses, draws it, compares it',
  help: HELP,
  options: {
    svg: { type: 'string' },
    report: { type: 'string' },
    json: { type: 'boolean' },
    lines: { type: 'boolean' },
    against: { type: 'string' },
  },
  operands: ['FILE'],
  run,
}

/** The events of a file: of QEMU's lines, or a ring's bytes. @throws Misuse */
function eventsOf(path: string): TraceEvent[] {
  let file: Buffer
  try {
    file = readFileSync(path)
  } catch (error) {
    throw new Misuse(`FILE must be a file that can be read: ${(error as Error).message}`)
  }
  const bytes = Uint8Array.from(file)
  try {
    return TraceRing.open(bytes.buffer).drain()
  } catch {
    // It is no ring's.
  }
  const events = parseTraceLines(file.toString('utf8'))
  if (events.length > 0) return events
  throw new Misuse(
    `FILE must have lines of QEMU's memory_region_ops_*, or be a trace ring, got ${JSON.stringify(path)}`,
  )
}

/** @throws Misuse */
function write(option: string, path: string, text: string): void {
  try {
    writeFileSync(path, text)
  } catch (error) {
    throw new Misuse(`${option} must name a file that can be written: ${(error as Error).message}`)
  }
}

function run(given: Given): number {
  const events = eventsOf(given.operands[0] as string)
  const [svg, report, against] = ['svg', 'report', 'against'].map(name => textOf(given, name))
  const statistics = traceStatistics(events)
  const json = `${JSON.stringify(statistics, null, 2)}\n`
  if (svg !== undefined) write('--svg', svg, traceToSvg(events))
  if (report !== undefined) write('--report', report, json)
  if (against !== undefined) {
    const { equal, expected, got } = compareTraces(eventsOf(against), events)
    const same = expected === got
    const parts = `- ${visible(expected ?? '(it ends)')}\n+ ${visible(got ?? '(it ends)')}\n`
    process.stdout.write(`${equal} lines are alike\n${same ? '' : parts}`)
    return same ? EXIT.ok : EXIT.no
  }
  const text = given.values.lines === true ? formatTrace(events) : formatTraceStatistics(statistics)
  process.stdout.write(given.values.json === true ? json : text)
  return EXIT.ok
}
