import type { TraceCase, TraceEvent, TraceRange } from './replay-format.ts'

/** A piece of a request, as a device was asked whether it accepts it. */
export interface Piece {
  readonly range: TraceRange
  /** Bytes, in the range's region. */
  readonly offset: number
  readonly size: number
  readonly write: boolean
  /** The answer of the device's own function; it may still be refused for its size or alignment (RULES G2). */
  readonly accepted: boolean
  /** How many callbacks came before it. */
  readonly callsBefore: number
}

export function hex(value: bigint | number): string {
  return `0x${value.toString(16)}`
}

/** A callback as text: what the recording and what happened are compared by. */
export function callText(write: boolean, place: bigint, size: number, value: bigint): string {
  return `${write ? 'w' : 'r'} ${hex(place)} ${size} ${hex(BigInt.asUintN(8 * size, value))}`
}

/** A rejected piece as text. */
export function rejectText(
  write: boolean,
  offset: bigint | number,
  size: number,
  region: string,
  reason: string,
): string {
  return `!${write ? 'w' : 'r'} ${hex(offset)} ${size} ${region} ${reason}`
}

/** What happens in one request: the recorded values go out to the devices, and what they are asked comes in. */
export class Tape {
  calls: string[] = []
  pieces: Piece[] = []
  #events: readonly TraceEvent[] = []
  #next = 0
  /** The pieces that were refused; made when it is asked for. */
  #refused: Set<string> | undefined

  start({ events }: TraceCase): void {
    this.calls = []
    this.pieces = []
    this.#events = events
    this.#next = 0
    this.#refused = undefined
  }

  /** What the device returned at its next read; 0 where it is read more often than it was. */
  answer(): bigint {
    for (let event = this.#events[this.#next++]; event !== undefined; event = this.#events[this.#next++])
      if (!event.rejected && !event.write) return event.value
    return 0n
  }

  /** Whether the recording has the device's own function refuse this piece. */
  refused(offset: number, size: number, region: string): boolean {
    this.#refused ??= new Set(
      this.#events
        .filter(event => event.rejected && event.reason === 'rejected')
        .map(event => pieceKey(event.place, event.size, event.region)),
    )
    return this.#refused.has(pieceKey(offset, size, region))
  }
}

function pieceKey(place: bigint | number, size: number, region: string): string {
  return `${place} ${size} ${region}`
}
