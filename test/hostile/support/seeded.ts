import fc from 'fast-check'
import { CASES_OF_A_JOB, runs } from '../../support/campaign.ts'
import { collect } from '../../support/collect.ts'

/** A property of random cases. */
export interface Hostile {
  readonly name: string
  /** How many cases `npm test` makes; `npm run hostile` makes as many times more as CAMPAIGN says. */
  readonly count: number
  readonly property: fc.IRawProperty<unknown>
  /** A case that fails is told as it is: what a failure takes is too much to try smaller ones. */
  readonly unshrunk?: boolean
}

/** Makes all cases, job by job. SEED is the seed of the first job, and the next ones have those that follow it. */
export async function pursueSeeded({ name, count, property, unshrunk = false }: Hostile): Promise<void> {
  const { numRuns } = runs(count)
  const first = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31))
  let seed = first
  for (let left = numRuns; left > 0; left -= CASES_OF_A_JOB) {
    await fc.assert(property, { seed: seed++, numRuns: Math.min(left, CASES_OF_A_JOB), endOnFailure: unshrunk })
    await collect([])
  }
  tell(`${name}: ${numRuns} cases, seeds ${first} to ${seed - 1}`)
}

/** Where somebody waits for a campaign, he is told what was done. */
export function tell(text: string): void {
  if (process.env.CAMPAIGN !== undefined) console.log(text)
}
