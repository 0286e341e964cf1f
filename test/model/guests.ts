import { allows } from './explore.ts'
import type { Model } from './models.ts'
import { load, type Op, type Outcome, store } from './program.ts'
import type { Tearing } from './tearing.ts'
import { newByte, OLD, type Writer } from './writers.ts'

export type Promised = 'arrives' | 'last byte last' | 'ascending' | 'relayed in order' | 'stored once' | 'seen at once'

interface Guests {
  readonly threads: readonly (readonly Op[])[]
  readonly broken: (end: Outcome) => boolean
}

/**
 * What a guest is promised of a copy, each as the guests that would see it broken. They poll with atomic loads, so that
 * they do what they do in order under every model: it is the writer's order that is asked after.
 */
const PROMISES: Readonly<Record<Promised, (writer: Writer) => Guests[]>> = {
  /** Every byte is new at the end. */
  arrives: writer => [
    { threads: [], broken: ({ memory }) => !bytesOf(writer).every(at => memory[at] === newByte(writer, at)) },
  ],
  /** H12: whoever sees the last byte new sees every byte new. */
  'last byte last': writer => bytesOf(writer).map(lower => readDown(writer, flagOf(writer) - 1, lower)),
  /** H12: a byte is not new before a lower one is, so what is new is a prefix. */
  ascending: writer =>
    bytesOf(writer).flatMap(upper =>
      bytesOf(writer)
        .filter(lower => lower < upper)
        .map(lower => readDown(writer, upper, lower)),
    ),
  /** H12 for two guests: what one tells the other is not ahead of the bytes. */
  'relayed in order': writer => [relayed(writer)],
  /** H10, H11: what a guest writes over a byte that it saw new stays. */
  'stored once': writer => bytesOf(writer).map(at => answered(writer, at)),
  /** H2, H3: one aligned access of 2, 4 or 8 bytes is seen old or new, not in part. */
  'seen at once': writer => (isCell(writer) ? [readWhole(writer)] : []),
}

/** The promises that one of the writers does not keep, in some execution. */
export function broken(writers: readonly Writer[], model: Model, tearing: Tearing): Promised[] {
  return (Object.keys(PROMISES) as Promised[]).filter(name => writers.some(w => breaks(w, name, model, tearing)))
}

function breaks(writer: Writer, promise: Promised, model: Model, tearing: Tearing): boolean {
  return PROMISES[promise](writer).some(guests => {
    const memory = Array.from({ length: flagOf(writer) + 1 }, () => OLD)
    return allows({ memory, threads: [writer.stores, ...guests.threads] }, model, guests.broken, tearing)
  })
}

function bytesOf({ start, length }: Writer): number[] {
  return Array.from({ length }, (_, i) => start + i)
}

function isCell({ start, length }: Writer): boolean {
  return [2, 4, 8].includes(length) && start % length === 0
}

/** A byte for the guests' own use, behind the copy's. */
function flagOf({ start, length }: Writer): number {
  return start + length
}

function readDown(writer: Writer, upper: number, lower: number): Guests {
  const threads = [[load('upper', upper, 1, 'atomic'), load('lower', lower, 1, 'atomic')]]
  const isNew = (byte: number | undefined, at: number): boolean => byte === newByte(writer, at)
  return {
    threads,
    broken: ({ registers: { upper: first, lower: second } }) => isNew(first?.[0], upper) && !isNew(second?.[0], lower),
  }
}

function relayed(writer: Writer): Guests {
  const { start } = writer
  const last = flagOf(writer) - 1
  const told = { register: 'last', equals: [newByte(writer, last)] }
  return {
    threads: [
      [load('last', last, 1, 'atomic'), store(flagOf(writer), [1], 'atomic', told)],
      [load('flag', flagOf(writer), 1, 'atomic'), load('first', start, 1, 'atomic')],
    ],
    broken: ({ registers: { flag, first } }) => flag?.[0] === 1 && first?.[0] !== newByte(writer, start),
  }
}

function answered(writer: Writer, at: number): Guests {
  const answer = 255
  const seen = { register: 'seen', equals: [newByte(writer, at)] }
  return {
    threads: [[load('seen', at, 1, 'atomic'), store(at, [answer], 'plain', seen)]],
    broken: ({ memory, registers }) => registers.seen?.[0] === seen.equals[0] && memory[at] !== answer,
  }
}

function readWhole({ start, length }: Writer): Guests {
  return {
    threads: [[load('cell', start, length, 'atomic')]],
    broken: ({ registers: { cell = [] } }) => cell.includes(OLD) && cell.some(byte => byte !== OLD),
  }
}
