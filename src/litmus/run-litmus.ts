import { detectHost, GuestRam } from 'guestmem'
import type { Observation } from './observation.ts'
import { checkLitmusOptions, type LitmusOptions, type LitmusSettings } from './options.ts'
import { RaceMemory } from './race-memory.ts'
import { RACES, type Race } from './races.ts'
import { type LitmusReport, type LitmusRow, verdictOf } from './report.ts'
import { type RunningThread, startThread, THREAD_LIMITS, type ThreadLimits } from './start-thread.ts'
import type { Task } from './task.ts'
import { type ThreadSource, threadSources } from './thread-source.ts'

/** No race is run for longer than this at once, ms: in a long run all of them take turns. */
const SLICE_MS = 2000

/**
 * Races guestmem's copies and their rivals in two threads on this host and engine, as litmus7 does with litmus tests: what
 * was seen is possible, and what was not seen may be possible all the same.
 *
 * @throws TypeError or RangeError (the promise rejects) naming the option and its value, a misspelt one too. Error where
 *   no thread can be started, within 5 s, and where one fails.
 */
export async function runLitmus(options?: LitmusOptions): Promise<LitmusReport> {
  return runRaces(checkLitmusOptions(options), THREAD_LIMITS)
}

const NOT_ISOLATED =
  'a page must be cross-origin isolated for its threads to share memory: serve it with the headers ' +
  'Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp'

/** The same with limits that a test can shorten. */
export async function runRaces(settings: LitmusSettings, limits: ThreadLimits): Promise<LitmusReport> {
  const { seconds, onProgress } = settings
  if (!GuestRam.allocate(8).shared) throw new Error(NOT_ISOLATED)
  const entries = RACES.flatMap(race =>
    race.kinds
      .filter(({ isAvailable }) => isAvailable?.() ?? true)
      .map(({ name, ours }) => ({ race, name, ours, rounds: 0, caught: 0 })),
  )
  const each = (seconds * 1000) / entries.length
  const passes = Math.ceil(each / SLICE_MS)
  const total = passes * entries.length
  const threads = new ThreadStarter(threadSources(settings.worker), limits)
  let done = 0
  for (let pass = 0; pass < passes; pass++) {
    for (const entry of entries) {
      onProgress(done++, total, entry.race.name, entry.name)
      const { rounds, caught } = await raceOnce(threads, entry.race, entry.name, each / passes)
      entry.rounds += rounds
      entry.caught += caught
    }
  }
  onProgress(total, total, '', '')
  const rows = entries.map(({ race, name, ours, rounds, caught }): LitmusRow => {
    const { hazard, allowed, forbidden } = race
    return { race: race.name, hazard, copy: name, ours, rounds, caught, allowed, forbidden }
  })
  const host = detectHost()
  return { host: host.name, order: host.keepsStoreOrder ? 'host' : 'language', rows, ...verdictOf(rows) }
}

/** Starts the threads of a run: from the source that gave the first of them, once that is known. */
class ThreadStarter {
  #sources: readonly ThreadSource[]
  readonly #limits: ThreadLimits

  constructor(sources: readonly ThreadSource[], limits: ThreadLimits) {
    this.#sources = sources
    this.#limits = limits
  }

  async start(): Promise<RunningThread> {
    const thread = await startThread(this.#sources, this.#limits)
    this.#sources = [thread.source]
    return thread
  }
}

/** One race of one copy, in two threads of its own: what an engine's compiler has learnt of another race is not in them. */
async function raceOnce(threads: ThreadStarter, race: Race, copy: string, ms: number): Promise<Observation> {
  const handle = RaceMemory.allocate()
  const roles = ['device', 'guest'] as const
  const started = await Promise.allSettled(roles.map(() => threads.start()))
  const running = started.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []))
  try {
    for (const result of started) if (result.status === 'rejected') throw result.reason
    const observe = async (role: Task['role'], thread: RunningThread): Promise<Observation> => {
      const { observation, failure } = await thread.ask({ race: race.name, copy, role, handle, ms })
      if (observation === undefined) throw new Error(`${race.name}, ${copy}: the ${role}: ${failure}`)
      return observation
    }
    // Fails with the first that fails: the other one would wait for its partner for ever.
    const [, seen] = await Promise.all(roles.map((role, i) => observe(role, running[i] as RunningThread)))
    return seen as Observation
  } finally {
    for (const thread of running) thread.terminate()
  }
}
