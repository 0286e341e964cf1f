import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { MUTANTS } from './support/mutants.ts'
import { type Campaigns, campaignsAgainst, removeMutants } from './support/mutate.ts'

const SEED = 20250716
const RUNS = 1500

afterAll(removeMutants)

/** Why the last campaign that finds a counterexample fails: it is the one that does most at once. */
function failure(campaigns: Campaigns['TREES'], numRuns: number): unknown {
  // What was found need not be made smaller: that it was is enough.
  const parameters = { numRuns, seed: SEED, endOnFailure: true }
  for (const { property } of [...campaigns].reverse()) {
    const { failed, errorInstance } = fc.check(property, parameters) as fc.RunDetails<unknown>
    if (failed) return errorInstance
  }
  return undefined
}

test('unchanged, the library is found right', async () => {
  const all = Object.entries(await campaignsAgainst(undefined, 0)) as [keyof Campaigns, Campaigns['TREES']][]
  expect(all.map(([name]) => name).sort()).toEqual([...new Set(MUTANTS.map(({ foundBy }) => foundBy))].sort())
  for (const [name, campaigns] of all) expect(failure(campaigns, 25), name).toBeUndefined()
}, 600_000)

test.each(MUTANTS.map((mutant, index) => [mutant.name, mutant, index + 1] as const))('%s', async (_, mutant, index) => {
  const campaigns = await campaignsAgainst(mutant, index)
  const error = failure(campaigns[mutant.foundBy], RUNS)
  expect(error).toBeInstanceOf(Error)
  // A mutant that does not run shows nothing.
  expect(error).not.toBeInstanceOf(ReferenceError)
})

test('each rule group has a mutant', () => {
  expect(new Set(MUTANTS.map(({ name }) => name[0]))).toEqual(new Set('ABCDEFGHIJK'))
})
