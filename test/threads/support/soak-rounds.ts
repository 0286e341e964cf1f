import { DEATHS } from './deaths.ts'
import { faultsOf, INVARIANTS } from './invariants.ts'

export interface Soaked {
  readonly faults: readonly string[]
  /** How many rounds each invariant was tried. */
  readonly rounds: Readonly<Record<string, number>>
}

/** Threads take longer to start than a round does: rounds of a turn grow until they take about that long, ms. */
const TURN_MS = 4000
/** Where two threads go on for so many rounds, they have met in every way that they meet in. */
const MOST_ROUNDS = 1e6

/**
 * The litmus tests for as long as one says, in turn, until one finds something.
 *
 * @param path Of the vCPUs' program.
 */
export async function soak(path: string, minutes: number): Promise<Soaked> {
  const end = Date.now() + 60_000 * minutes
  const rounds = new Map<string, number>()
  const faults: string[] = []
  // A few of each at first, so that a short time has them all.
  const trials = [
    ...INVARIANTS.map(invariant => ({
      name: `${invariant.what} (${invariant.cpus})`,
      count: Math.ceil(invariant.rounds / 10),
      run: (count: number) => faultsOf(invariant, path, count),
    })),
    ...DEATHS.map(([name, , death]) => ({ name, count: 1, run: (count: number) => death(path, count) })),
  ]
  while (Date.now() < end && faults.length === 0)
    for (const trial of trials) {
      const { name, count } = trial
      const begin = performance.now()
      const found = await trial.run(count)
      if (performance.now() - begin < TURN_MS / 2) trial.count = Math.min(2 * count, MOST_ROUNDS)
      rounds.set(name, (rounds.get(name) ?? 0) + count)
      faults.push(...found.map(fault => `${name}: ${fault}`))
      if (faults.length > 0 || Date.now() > end) break
    }
  return { faults, rounds: Object.fromEntries(rounds) }
}
