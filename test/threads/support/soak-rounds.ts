import { faultsOf, INVARIANTS } from './invariants.ts'

export interface Soaked {
  readonly faults: readonly string[]
  /** How many rounds each invariant was tried. */
  readonly rounds: Readonly<Record<string, number>>
}

/**
 * The litmus tests for as long as one says, in turn, until one finds something.
 *
 * @param path Of the vCPUs' program.
 */
export async function soak(path: string, minutes: number): Promise<Soaked> {
  const end = Date.now() + 60_000 * minutes
  const rounds = new Map<string, number>()
  const faults: string[] = []
  while (Date.now() < end && faults.length === 0)
    for (const invariant of INVARIANTS) {
      const name = `${invariant.what} (${invariant.cpus})`
      // A few of each in turn, so that a short time has them all.
      const count = Math.ceil(invariant.rounds / 10)
      const found = await faultsOf(invariant, path, count)
      rounds.set(name, (rounds.get(name) ?? 0) + count)
      faults.push(...found.map(fault => `${name}: ${fault}`))
      if (faults.length > 0 || Date.now() > end) break
    }
  return { faults, rounds: Object.fromEntries(rounds) }
}
