import { MemTxResult } from 'guestmem'
import type { AccessTrace, TraceCase } from './replay-format.ts'
import type { ReplayMachine } from './replay-machine.ts'
import { rangeAt } from './replay-memory.ts'
import { refusal } from './replay-ops.ts'
import { callText, hex, type Piece, rejectText } from './replay-tape.ts'

/** The name that QEMU's log gives to what is not mapped (RULES D3). */
const NOTHING = '(null)'

/** What happened in a request, one line each: callbacks and rejected pieces in order, the bytes read, the result. */
export type Outcome = readonly string[]

/** A line that tells of a rejected piece. */
export function isRejection(line: string): boolean {
  return line.startsWith('!')
}

export function recordedOutcome({ events, bytes, write }: TraceCase): Outcome {
  const lines = events.map(({ rejected, write, place, size, value, region, reason }) =>
    rejected ? rejectText(write, place, size, region, reason) : callText(write, place, size, value),
  )
  // The recordings hold no results: a rejected piece is a DECODE_ERROR, all else is OK (RULES E5, E7).
  const result = lines.some(isRejection) ? MemTxResult.DECODE_ERROR : MemTxResult.OK
  return [...lines, ...ending(write, bytes, result)]
}

/** Of a machine whose devices are not asked: callbacks, bytes and result. */
export function plainOutcome(machine: ReplayMachine, item: TraceCase): Outcome {
  const { bytes, result } = machine.request(item)
  return [...machine.tape.calls, ...ending(item.write, bytes, result)]
}

/** What a machine did whose devices are asked about each piece. */
export interface AskedOutcome {
  readonly outcome: Outcome
  /** Which bytes of the request memory took or gave: 1, else 0. */
  readonly direct: Uint8Array
}

/**
 * The pieces that devices are asked about say what became of their bytes. The other bytes are memory's where a range of
 * memory is; what then is left was rejected without anybody being asked, in pieces whose sizes a rule gives.
 */
export function askedOutcome(machine: ReplayMachine, trace: AccessTrace, item: TraceCase): AskedOutcome {
  const { bytes, result } = machine.request(item)
  const { pieces } = machine.tape
  const lines: string[] = []
  const direct = new Uint8Array(bytes.length)
  const first = Number(item.address)
  let next = 0
  for (let at = 0; at < bytes.length; ) {
    const address = first + at
    const piece = pieces[next]
    if (piece !== undefined && addressOf(piece) === address) {
      for (const line of pieceLines(machine, piece, pieces[++next])) lines.push(line)
      at += piece.size
      continue
    }
    const range = rangeAt(trace.flat[item.space], address)
    const { type, name } = range?.region ?? { type: 'nothing', name: NOTHING }
    if (type === 'ram' || ((type === 'rom' || type === 'romd') && !item.write)) {
      // To the end of the range, or to the next piece that a device was asked about.
      const reach = Math.min(bytes.length, (range?.end ?? 0) - first, reachOf(piece, address) - first)
      direct.fill(1, at, reach)
      at = reach
      continue
    }
    const offset = range === undefined ? address : range.offset + address - range.start
    // A piece of memory ends with its range, all others may reach over the end (RULES D4).
    const left = type === 'rom' ? Math.min(bytes.length - at, (range?.end ?? 0) - address) : bytes.length - at
    const size = rejectedSize(offset, left)
    lines.push(rejectText(item.write, offset, size, name, type === 'i/o' || type === 'romd' ? 'not asked' : 'rejected'))
    at += size
  }
  for (const piece of pieces.slice(next)) lines.push(`asked again, or out of order: ${hex(piece.offset)} ${piece.size}`)
  return { outcome: [...lines, ...ending(item.write, bytes, result)], direct }
}

/** Where bytes end that no device was asked about. */
function reachOf(piece: Piece | undefined, address: number): number {
  const next = piece === undefined ? address : addressOf(piece)
  return next > address ? next : Number.POSITIVE_INFINITY
}

function addressOf({ range, offset }: Piece): number {
  return range.start + (offset - range.offset)
}

/** The callbacks of a piece; one without any was refused. */
function pieceLines(machine: ReplayMachine, piece: Piece, following: Piece | undefined): string[] {
  const calls = machine.tape.calls.slice(piece.callsBefore, following?.callsBefore)
  if (calls.length > 0) return calls
  const { range, offset, size, write, accepted } = piece
  return [rejectText(write, offset, size, range.region.name, refusal(range.region.ops, accepted, offset, size))]
}

/** The largest power of two that is at most 4 and the rest of the request, and that the offset is a multiple of (RULES E4, E5). */
function rejectedSize(offset: number, left: number): number {
  let size = 4
  while (size > left || offset % size !== 0) size >>>= 1
  return size
}

function ending(write: boolean, bytes: Uint8Array, result: number): string[] {
  const name = Object.entries(MemTxResult).find(([, bits]) => bits === result)?.[0] ?? String(result)
  if (write) return [`result ${name}`]
  return [`bytes ${Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')}`, `result ${name}`]
}
