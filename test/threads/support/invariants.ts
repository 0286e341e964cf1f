import { DirtyClient, snapshotAndClearDirty } from 'guestmem'
import { afterTurn } from '../../../src/threads/event-loop.ts'
import { later } from '../../support/later.ts'
import { ADDRESS, FLAG } from './addresses.ts'
import { type Machine, machine } from './machine.ts'
import { startAll } from './run.ts'

/** What a guest may rely on, as a program of the vCPUs, and what the machine does meanwhile. */
export interface Invariant {
  readonly what: string
  /** Of vcpu.ts. */
  readonly program: string
  readonly cpus: number
  /** In `npm test`. In each one thing is done and looked at: a change, an interrupt, a page. */
  readonly rounds: number
  /** How long threads spin before they sleep, milliseconds; what they do unless said. */
  readonly spinMs?: number
  meanwhile?(machine: Machine, rounds: number, cpus: number): Meanwhile
  /** What is wrong that no vCPU sees. */
  faults?(machine: Machine, rounds: number, cpus: number): string[]
}

interface Meanwhile {
  /** Rejects, or tells what is wrong. */
  readonly done: Promise<string[]>
  /** The vCPUs are done. */
  end(): void
}

interface Verdict {
  readonly bad: number
  readonly of: number
}

/**
 * @param late The owner begins to serve after as many milliseconds.
 * @param hangs Resolves when nobody waits any longer.
 * @returns What is wrong.
 */
export async function faultsOf(
  invariant: Invariant,
  path: string,
  rounds: number,
  late = 0,
  hangs: Promise<string[]> = new Promise(() => {}),
): Promise<string[]> {
  const { program, cpus, spinMs } = invariant
  const options = spinMs === undefined ? {} : { spinMs }
  const made = machine(options)
  const { board, seen } = made
  const meanwhile = invariant.meanwhile?.(made, rounds, cpus)
  const run = startAll(path, board, cpus, { program, rounds, options, together: true })
  try {
    if (late > 0) await later(late)
    const stop = board.listen()
    const verdicts = await Promise.race([run.results, hangs])
    // What a member posted last is made as it is buried.
    await run.end()
    stop()
    if (typeof verdicts[0] === 'string') return verdicts as string[]
    meanwhile?.end()
    const sums = (verdicts as Verdict[]).reduce((sum, { bad, of }) => ({ bad: sum.bad + bad, of: sum.of + of }))
    return [
      ...(sums.bad > 0 ? [`${sums.bad} of ${sums.of}`] : []),
      ...(sums.of === 0 ? ['nothing was looked at'] : []),
      ...(seen.outOfOrder > 0 ? [`${seen.outOfOrder} posted stores are out of order`] : []),
      ...(seen.early > 0 ? [`${seen.early} descriptors are not there`] : []),
      ...seen.errors.map(String),
      ...(invariant.faults?.(made, rounds, cpus) ?? []),
      ...((await meanwhile?.done) ?? []),
    ]
  } finally {
    meanwhile?.end()
    board.close()
  }
}

/** Of the event loop: sooner than a timer, which takes a millisecond or four. */
const turn = (): Promise<void> => new Promise(resolve => afterTurn(resolve))
const counted = (what: string, is: number, should: number): string[] =>
  is === should ? [] : [`${is} ${what}, not ${should}`]

/** Windows come and go, and a BAR moves, all the time. */
function churn({ window, bar }: Machine): Meanwhile {
  let churns = 0
  const timer = setInterval(() => {
    window.setEnabled(++churns % 2 === 0)
    bar.setAddress(ADDRESS.bars + (churns % 8) * 0x1_0000)
  }, 1)
  return { done: Promise.resolve([]), end: () => clearInterval(timer) }
}

const PAGES = 64

/** A dirty log is turned on and off; what was stored between `settled` and the end is in it. A round is a page that is looked at. */
function harvest({ main, memory, board }: Machine, rounds: number, cpus: number): Meanwhile {
  const pages = (): Uint32Array => {
    const words = new Uint32Array(1024 * PAGES)
    memory.read(ADDRESS.pages, new Uint8Array(words.buffer))
    return words
  }
  const cpuAt = (generation: number) => (_: unknown, id: number) => memory.load32(FLAG(10 + id)) === generation
  const run = async (): Promise<string[]> => {
    let lost = 0
    for (let round = 0; round < rounds / PAGES; round++) {
      main.setLog(DirtyClient.VGA, true)
      await board.settled
      const before = pages()
      const dirty = new Set<number>()
      const take = (): void => {
        for (const { offset, length } of snapshotAndClearDirty(
          main,
          ADDRESS.pages,
          4096 * PAGES,
          DirtyClient.VGA,
        ).ranges())
          for (let at = offset; at < offset + length; at += 4096) dirty.add((at - ADDRESS.pages) / 4096)
      }
      for (let i = 0; i < 3; i++) {
        await turn()
        take()
      }
      const generation = 2 + round
      memory.store32(FLAG(8), generation)
      while (!Array.from({ length: cpus }).every(cpuAt(generation))) await turn()
      take()
      const after = pages()
      for (let page = 0; page < PAGES; page++) {
        let at = 1024 * page
        while (at < 1024 * (page + 1) && before[at] === after[at]) at++
        if (at < 1024 * (page + 1) && !dirty.has(page)) lost++
      }
      main.setLog(DirtyClient.VGA, false)
      await board.settled
      memory.store32(FLAG(9), generation)
    }
    memory.store32(FLAG(8), 1)
    return lost === 0 ? [] : [`${lost} pages were stored to and are not dirty`]
  }
  return { done: run(), end: () => {} }
}

export const INVARIANTS: readonly Invariant[] = [
  { what: "one's own change is seen by the next access", program: 'own', cpus: 1, rounds: 10_000 },
  { what: 'a change is seen by nobody before all use it', program: 'causal', cpus: 2, rounds: 10_000 },
  { what: 'the same of three threads', program: 'causal', cpus: 3, rounds: 10_000 },
  { what: 'an interrupt that tells of a change comes once all use it', program: 'told', cpus: 2, rounds: 10_000 },
  { what: 'who comes online uses the new map, or is waited for', program: 'online', cpus: 2, rounds: 10_000 },
  { what: 'DMA is there before the completion of a read', program: 'dma', cpus: 1, rounds: 10_000 },
  { what: 'data is there before its interrupt', program: 'interrupts', cpus: 2, rounds: 10_000 },
  { what: 'each interrupt is taken once', program: 'lines', cpus: 2, rounds: 10_000 },
  { what: 'nobody sleeps on what has come', program: 'wakeups', cpus: 2, rounds: 10_000, spinMs: 0 },
  {
    what: 'a descriptor is there before the store to its doorbell',
    program: 'descriptor',
    cpus: 1,
    rounds: 10_000,
    faults: ({ seen }, rounds) => counted('doorbells', seen.rung, rounds),
  },
  {
    what: 'a descriptor is there before a notifier is rung',
    program: 'notifier',
    cpus: 1,
    rounds: 10_000,
    faults: ({ seen }, rounds) => counted('rings', seen.rung, rounds),
  },
  {
    what: 'so is a descriptor that was posted to a device',
    program: 'postedNotifier',
    cpus: 1,
    rounds: 10_000,
    faults: ({ seen }, rounds) => counted('rings', seen.rung, rounds),
  },
  {
    what: 'posted stores are in order, each made once, and a load behind them waits',
    program: 'posted',
    cpus: 2,
    rounds: 10_000,
    faults: ({ seen }, rounds, cpus) => counted('posted stores', seen.posted, cpus * rounds),
  },
  {
    what: 'the same of more than a ring has room for',
    program: 'flood',
    cpus: 1,
    rounds: 10_000,
    faults: ({ seen }, rounds) => counted('posted stores', seen.posted, rounds),
  },
  { what: 'a read pushes what others posted', program: 'pushes', cpus: 2, rounds: 10_000 },
  {
    what: 'each store is made once, while the map churns',
    program: 'counter',
    cpus: 2,
    rounds: 10_000,
    meanwhile: churn,
    faults: ({ seen }, rounds, cpus) => counted('stores', seen.sum, cpus * rounds),
  },
  {
    what: 'no store is lost to a dirty log from `settled` on',
    program: 'pages',
    cpus: 2,
    rounds: 10_000,
    meanwhile: harvest,
  },
  { what: 'atomic accesses of RAM are exact', program: 'atomics', cpus: 2, rounds: 10_000 },
  { what: 'atomic accesses of devices are exact', program: 'mmioAtomics', cpus: 2, rounds: 10_000 },
  { what: 'fences forbid 0/0', program: 'fence', cpus: 2, rounds: 10_000 },
]

export function invariantOf(program: string): Invariant {
  const found = INVARIANTS.find(each => each.program === program)
  if (found === undefined) throw new RangeError(`program must be one of an invariant, got ${program}`)
  return found
}
