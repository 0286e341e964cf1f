import { afterAll, beforeAll, expect, test } from 'vitest'
import { runs } from '../support/campaign.ts'
import { machine } from './support/machine.ts'
import { bundle, type Program, runAll } from './support/run.ts'

let program: Program
beforeAll(async () => {
  program = await bundle('vcpu.ts')
})
afterAll(() => program.remove())

interface Verdict {
  readonly bad: number
  readonly of: number
}

const bad = (verdicts: unknown[]): number => (verdicts as Verdict[]).reduce((sum, each) => sum + each.bad, 0)
const of = (verdicts: unknown[]): number => (verdicts as Verdict[]).reduce((sum, each) => sum + each.of, 0)

/** What a guest may rely on: a program, on how many vCPUs, and rounds. */
const INVARIANTS: readonly [what: string, program: string, cpus: number, rounds: number][] = [
  ["one's own change is seen by the next access", 'own', 1, 1000],
  ['a change is seen by nobody before all use it', 'causal', 2, 1000],
  ['the same of three threads', 'causal', 3, 200],
  ['DMA is there before the completion of a read', 'dma', 1, 3000],
  ['data is there before its interrupt', 'interrupts', 2, 2000],
  ['posted stores are in order, and a load behind them waits', 'posted', 2, 10_000],
  ['a read pushes what others posted', 'pushes', 2, 2000],
  ['atomic accesses of RAM are exact', 'atomics', 2, 10_000],
  ['atomic accesses of devices are exact', 'mmioAtomics', 2, 1000],
  ['fences forbid 0/0', 'fence', 2, 10_000],
]

test.each(INVARIANTS)('%s', async (_, name, cpus, rounds) => {
  const { board, seen } = machine()
  const { numRuns } = runs(rounds)
  const verdicts = await runAll(program.path, board, cpus, { program: name, rounds: numRuns })
  board.close()
  expect([bad(verdicts), seen.outOfOrder, seen.errors]).toEqual([0, 0, []])
  expect(of(verdicts)).toBeGreaterThan(0)
  if (name === 'posted') expect(seen.posted).toBe(cpus * numRuns)
})
