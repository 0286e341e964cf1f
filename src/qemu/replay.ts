import { parseTrace, type TraceCase } from './replay-format.ts'
import { ReplayMemory } from './replay-knowledge.ts'
import { ReplayMachine } from './replay-machine.ts'
import { askedOutcome, isRejection, type Outcome, plainOutcome, recordedOutcome } from './replay-outcome.ts'
import { hex } from './replay-tape.ts'

/** A request that caused something else than was recorded. */
export interface AccessDifference {
  /** The index of the case in the file. */
  readonly case: number
  /** Such as `m read 0x9000000 8`. */
  readonly request: string
  /**
   * What was recorded, one line each, in order: callbacks (`r`, address, size, value), rejected pieces (`!r`, offset,
   * size, region, reason), the bytes of a read, the result.
   */
  readonly expected: readonly string[]
  readonly got: readonly string[]
}

/** What came of a file of recorded accesses. */
export interface ReplayReport {
  /** All that the file holds: `equal`, `skipped` and `different` together. */
  readonly cases: number
  readonly equal: number
  /**
   * Cases that no file lets one predict: a callback forwarded elsewhere (class n), unknown ops (u), memory that a device
   * has changed by itself, an address that reaches past 2^53.
   */
  readonly skipped: number
  readonly different: readonly AccessDifference[]
}

const NUMBER_LIMIT = 2n ** 53n

/**
 * Makes the requests that were recorded from a running QEMU (format qemu-access-trace/1) on address spaces of the same
 * flat views. Devices answer with the recorded values; each request must cause the same callbacks in the same order, the
 * same rejections, the same bytes, and DECODE_ERROR exactly where a piece is rejected.
 *
 * Each is made twice: on a machine whose devices are asked about every piece, which shows the pieces that are rejected,
 * and on one whose devices are not, since a region without `accepts` has ways through the library of its own.
 *
 * @param json The file, parsed, or its text.
 * @throws TypeError naming the path of a field that is not as the format has it; SyntaxError where the text is no JSON.
 */
export function replayAccess(json: unknown): ReplayReport {
  const trace = parseTrace(typeof json === 'string' ? JSON.parse(json) : json)
  const memory = new ReplayMemory(trace)
  const asked = new ReplayMachine(trace, memory, true)
  const plain = new ReplayMachine(trace, memory, false)
  const different: AccessDifference[] = []
  let equal = 0
  let skipped = 0
  trace.cases.forEach((item, index) => {
    if (isUnpredictable(item) || !memory.prepare(item)) {
      skipped++
      memory.skipped(item)
    } else {
      const expected = recordedOutcome(item)
      const { outcome, direct } = askedOutcome(asked, trace, item)
      memory.wrote(item, direct)
      const unasked = expected.filter(line => !isRejection(line))
      const got = plainOutcome(plain, item)
      if (!same(outcome, expected)) different.push(difference(item, index, expected, outcome))
      else if (!same(got, unasked)) different.push(difference(item, index, unasked, got))
      else equal++
    }
    memory.told(item)
  })
  return { cases: trace.cases.length, equal, skipped, different }
}

function isUnpredictable({ kind, address, bytes }: TraceCase): boolean {
  return kind === 'n' || kind === 'u' || address + BigInt(bytes.length) > NUMBER_LIMIT
}

function same(a: Outcome, b: Outcome): boolean {
  return a.length === b.length && a.every((line, index) => line === b[index])
}

function difference(item: TraceCase, index: number, expected: Outcome, got: Outcome): AccessDifference {
  const { space, write, address, bytes } = item
  const request = `${space} ${write ? 'write' : 'read'} ${hex(address)} ${bytes.length}`
  return { case: index, request, expected, got }
}
