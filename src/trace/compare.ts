import { checkEvents } from './check-events.ts'
import { formatTraceLine, parseTraceLines } from './qemu-lines.ts'
import type { TraceEvent } from './trace-event.ts'

/** Where two traces part. */
export interface TraceComparison {
  /** How many lines at their beginnings are alike. */
  readonly equal: number
  /** The first line of each that differs; undefined where that trace ends there. Both are where the traces are alike. */
  readonly expected: string | undefined
  readonly got: string | undefined
}

/**
 * Compares two traces line by line: addresses, values, sizes, directions, names, and the order. Time stamps, processes, CPUs
 * and addresses of QEMU's objects differ from run to run, and are left out. A value is compared as far as its size goes, as
 * QEMU prints what a handler gave before it is cut.
 *
 * @param expected Text of QEMU's, or events. @param got The same of another run.
 */
export function compareTraces(
  expected: string | Iterable<TraceEvent>,
  got: string | Iterable<TraceEvent>,
): TraceComparison {
  const left = linesOf(expected, 'expected')
  const right = linesOf(got, 'got')
  let equal = 0
  while (equal < left.length && equal < right.length && left[equal] === right[equal]) equal++
  return { equal, expected: left[equal], got: right[equal] }
}

function linesOf(trace: string | Iterable<TraceEvent>, argument: string): string[] {
  const events = typeof trace === 'string' ? parseTraceLines(trace) : checkEvents(trace, argument)
  return events.flatMap(event => {
    const value =
      event.value === undefined || event.size > 8 ? event.value : BigInt.asUintN(8 * event.size, event.value)
    const line = formatTraceLine({ ...event, dma: false, regionId: 0, value })
    return line === undefined ? [] : [line.replace(' cpu 0 mr 0x1000', '')]
  })
}
