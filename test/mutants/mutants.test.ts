import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { collect } from '../support/collect.ts'
import { MUTANTS } from './support/mutants.ts'
import { type Campaigns, campaignsAgainst, removeMutants } from './support/mutate.ts'

const SEED = 20250735
const JOBS = 15
const RUNS = 100

afterAll(removeMutants)

/** Why the first campaign fails that finds a counterexample. The last one begins: it is the one that does most at once. */
async function failure(campaigns: Campaigns['TREES'], jobs: number, numRuns: number): Promise<unknown> {
  // All of them in turns: what one finds at once, another may not find at all.
  for (let job = 0; job < jobs; job++) {
    for (const { property } of [...campaigns].reverse()) {
      // What was found need not be made smaller: that it was is enough.
      const parameters = { numRuns, seed: SEED + job, endOnFailure: true }
      const { failed, errorInstance } = fc.check(property, parameters) as fc.RunDetails<unknown>
      if (failed) return errorInstance
    }
    // Spaces live until they are collected (test/support/campaign.ts).
    if (jobs > 1) await collect([])
  }
  return undefined
}

test('unchanged, the library is found right', async () => {
  const all = Object.entries(await campaignsAgainst(undefined, 0)) as [keyof Campaigns, Campaigns['TREES']][]
  expect(all.map(([name]) => name).sort()).toEqual([...new Set(MUTANTS.map(({ foundBy }) => foundBy))].sort())
  for (const [name, campaigns] of all) expect(await failure(campaigns, 1, 25), name).toBeUndefined()
}, 600_000)

test.each(MUTANTS.map((mutant, index) => [mutant.name, mutant, index + 1] as const))('%s', async (_, mutant, index) => {
  const campaigns = await campaignsAgainst(mutant, index)
  const error = await failure(campaigns[mutant.foundBy], JOBS, RUNS)
  expect(error).toBeInstanceOf(Error)
  // A mutant that does not run shows nothing.
  expect(error).not.toBeInstanceOf(ReferenceError)
})

test('each rule group has a mutant', () => {
  expect(new Set(MUTANTS.map(({ name }) => name[0]))).toEqual(new Set('ABCDEFGHIJK'))
})
