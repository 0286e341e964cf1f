import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { removeMutants, testsAgainst } from './support/mutate.ts'
import { SNAPSHOT_MUTANTS } from './support/snapshot-mutants.ts'

const SEED = 20250716
/** Of the random cases that a test makes, so many are enough. */
const SHARE = 0.05
/** A test that waits for what never comes has found it, ms. */
const PATIENCE = 5000

const campaign = process.env.CAMPAIGN
/** Of those that one test finds, the first: that the test fails where it should is shown by that. All where CAMPAIGN is set. */
const firsts = new Map(SNAPSHOT_MUTANTS.toReversed().map(mutant => [mutant.foundBy.join(), mutant]))
const MUTANTS = campaign === undefined ? [...firsts.values()] : SNAPSHOT_MUTANTS
beforeAll(() => {
  process.env.CAMPAIGN = `${SHARE * Number(campaign ?? 1)}`
  // What was found need not be made smaller: that it was is enough.
  fc.configureGlobal({ seed: SEED, endOnFailure: true })
})
afterAll(async () => {
  if (campaign === undefined) delete process.env.CAMPAIGN
  else process.env.CAMPAIGN = campaign
  fc.resetConfigureGlobal()
  await removeMutants()
})

/** Why the first of these tests fails that does. */
async function failure(file: string, name: string, of: Awaited<ReturnType<typeof testsAgainst>>): Promise<unknown> {
  const tests = of.filter(each => each.name.includes(name))
  if (tests.length === 0) throw new Error(`${file} has no test of the name ${JSON.stringify(name)}`)
  for (const { run } of tests) {
    try {
      await Promise.race([
        run(),
        new Promise((_, reject) => setTimeout(() => reject(new Error('it takes too long')), PATIENCE)),
      ])
    } catch (error) {
      return error
    }
  }
  return undefined
}

const fileOf = (name: string) => `snapshot/${name}.test.ts`

test('unchanged, the library passes', async () => {
  const names = new Map<string, Set<string>>()
  for (const { foundBy } of MUTANTS) names.set(foundBy[0], (names.get(foundBy[0]) ?? new Set()).add(foundBy[1]))
  for (const [index, [file, tests]] of [...names].entries()) {
    const all = await testsAgainst(fileOf(file), undefined, 1000 + index)
    for (const name of tests) expect(await failure(file, name, all), `${file}: ${name}`).toBeUndefined()
  }
}, 600_000)

test.each(MUTANTS.map((mutant, index) => [mutant.name, mutant, index] as const))('%s', async (_, mutant, index) => {
  const [file, name] = mutant.foundBy
  const error = await failure(file, name, await testsAgainst(fileOf(file), mutant, index))
  expect(error).toBeInstanceOf(Error)
  // A mutant that does not run shows nothing.
  expect(error).not.toBeInstanceOf(ReferenceError)
})
