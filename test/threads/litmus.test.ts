import { afterAll, beforeAll, expect, test } from 'vitest'
import { runs } from '../support/campaign.ts'
import { bundle, type Program } from './support/bundle.ts'
import { DEATHS } from './support/deaths.ts'
import { faultsOf, INVARIANTS } from './support/invariants.ts'

let program: Program
beforeAll(async () => {
  program = await bundle('vcpu.ts')
})
afterAll(() => program.remove())

test.each(INVARIANTS)('$what ($cpus)', async invariant => {
  expect(await faultsOf(invariant, program.path, runs(invariant.rounds).numRuns)).toEqual([])
})

test.each(DEATHS)('%s', async (_, rounds, death) => {
  expect(await death(program.path, runs(rounds).numRuns)).toEqual([])
})
