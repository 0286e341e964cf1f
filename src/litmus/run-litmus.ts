import { detectHost } from 'guestmem'
import { Arena } from './arena.ts'
import { RACES, type Race } from './races.ts'
import { startThread } from './threads.ts'
import type { Answer, Task } from './worker.ts'

export interface LitmusOptions {
  /** How long the races take altogether; 12 unless said. Starting threads comes on top. */
  readonly seconds?: number
  /** Called before each race: how many of how many have been run, and which one is next. */
  readonly onProgress?: (done: number, total: number, race: string, copy: string) => void
  /** The address of the package's `litmus-worker.js`, where a bundler has moved it. */
  readonly worker?: URL
}

/** A copy in a race: how often the guest looked, and how often it saw what may not be. */
export interface LitmusRow {
  readonly race: string
  readonly hazard: string
  readonly copy: string
  /** guestmem promises that this one is never caught. */
  readonly ours: boolean
  readonly rounds: number
  readonly caught: number
  readonly allowed: string
  readonly forbidden: string
}

/**
 * `as promised`: none of guestmem's copies was caught, and in each race a bad copy was. `not shown`: in some race no bad
 * copy was caught, so that this run proves nothing of it. `WRONG`: one of guestmem's was caught.
 */
export type LitmusVerdict = 'as promised' | 'not shown' | 'WRONG'

export interface LitmusReport {
  /** The CPU as detected, and the tier of order that guestmem takes there. */
  readonly host: string
  readonly order: 'host' | 'language'
  readonly rows: readonly LitmusRow[]
  readonly verdict: LitmusVerdict
  /** Races in which no bad copy was caught. */
  readonly notShown: readonly string[]
}

/** One race is run for no longer than this at once, so that a long run takes all of them in turn; ms. */
const SLICE_MS = 2000

/**
 * Races guestmem's copies and their rivals in two threads on this host and engine, as litmus7 does with litmus tests:
 * what was seen is shown, what was not seen is not thereby impossible.
 *
 * @throws RangeError for a time that is none; Error where a thread fails.
 */
export async function runLitmus(options: LitmusOptions = {}): Promise<LitmusReport> {
  const { seconds = 12, onProgress, worker = new URL('./litmus-worker.js', import.meta.url) } = options
  if (!(typeof seconds === 'number' && seconds > 0 && seconds < 2 ** 31))
    throw new RangeError(`options.seconds must be a number over 0, got ${String(seconds)}`)
  const pairs = RACES.flatMap(race => race.kinds.map(({ name, ours }) => ({ race, name, ours, rounds: 0, caught: 0 })))
  const each = (seconds * 1000) / pairs.length
  const passes = Math.ceil(each / SLICE_MS)
  const total = passes * pairs.length
  let done = 0
  for (let pass = 0; pass < passes; pass++) {
    for (const pair of pairs) {
      onProgress?.(done++, total, pair.race.name, pair.name)
      const { rounds, caught } = await raceOnce(pair.race, pair.name, each / passes, worker)
      pair.rounds += rounds
      pair.caught += caught
    }
  }
  onProgress?.(total, total, '', '')
  const rows = pairs.map(({ race, name, ours, rounds, caught }): LitmusRow => {
    const { name: raceName, hazard, allowed, forbidden } = race
    return { race: raceName, hazard, copy: name, ours, rounds, caught, allowed, forbidden }
  })
  const host = detectHost()
  return { host: host.name, order: host.keepsStoreOrder ? 'host' : 'language', rows, ...judge(rows) }
}

/** What the rows show. */
export function judge(rows: readonly LitmusRow[]): Pick<LitmusReport, 'verdict' | 'notShown'> {
  const shown = new Set(rows.filter(({ ours, caught }) => !ours && caught > 0).map(({ race }) => race))
  const notShown = [...new Set(rows.map(({ race }) => race))].filter(race => !shown.has(race))
  const wrong = rows.some(({ ours, caught }) => ours && caught > 0)
  // Who never looked has seen nothing either.
  const blind = rows.some(({ ours, rounds }) => ours && rounds === 0)
  return { verdict: wrong ? 'WRONG' : notShown.length > 0 || blind ? 'not shown' : 'as promised', notShown }
}

async function raceOnce(
  race: Race,
  kind: string,
  ms: number,
  module: URL,
): Promise<{ rounds: number; caught: number }> {
  const handle = Arena.allocate()
  const roles = ['device', 'guest'] as const
  const threads = roles.map(() => startThread<Task, Answer>(module))
  try {
    const answers = await Promise.all(
      threads.map((thread, i) => thread.ask({ race: race.name, kind, role: roles[i] as Task['role'], handle, ms })),
    )
    for (const { failure } of answers) if (failure !== undefined) throw new Error(`${race.name}, ${kind}: ${failure}`)
    return answers[1]?.seen as { rounds: number; caught: number }
  } finally {
    // When one has died, the other would wait for it for ever.
    for (const thread of threads) thread.terminate()
  }
}
