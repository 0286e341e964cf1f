import { afterEach, expect, test, vi } from 'vitest'
import { Grace } from '../../src/threads/grace.ts'
import { Server } from '../../src/threads/server.ts'
import { machine } from './support/machine.ts'
import { bundle, type Mutation, runAll } from './support/run.ts'

// The litmus tests find what is wrong: here something is.

afterEach(() => void vi.restoreAllMocks())

/** How much is found on some vCPUs. */
async function found(
  mutation: Mutation | undefined,
  program: string,
  cpus: number,
  rounds: number,
  late = 0,
): Promise<number> {
  const { path, remove } = await bundle('vcpu.ts', mutation)
  const { board, seen } = machine()
  try {
    // What a member posted last is made as it is buried.
    const verdicts = (await runAll(path, board, cpus, { program, rounds }, late)) as { bad: number }[]
    return verdicts.reduce((sum, { bad }) => sum + bad, seen.outOfOrder)
  } finally {
    board.close()
    remove()
  }
}

const UNAPPLIED: Mutation = {
  file: 'link.ts',
  from: 'this.#user?.apply(rows)',
  to: 'if (this.#epoch === 0) this.#user?.apply(rows)',
}

test.each<[string, Mutation, program: string, cpus: number, rounds: number]>([
  ['acknowledges a map that it does not use', UNAPPLIED, 'causal', 2, 100],
  ['goes on with the map that it had before it asked', UNAPPLIED, 'own', 1, 100],
  [
    'does not wait for its answer',
    { file: 'link.ts', from: 'this.#wait(this.#isAnswered, REPLIES)', to: '' },
    'dma',
    1,
    1000,
  ],
])('a member that %s', async (_, mutation, program, cpus, rounds) => {
  expect(await found(mutation, program, cpus, rounds)).toBeGreaterThan(0)
})

test('a member that stores over entries that were not taken', async () => {
  const mutation = { file: 'ring.ts', from: '>= RING_ENTRIES', to: '>= 1e9' }
  expect(await found(mutation, 'flood', 1, 2000, 500)).toBeGreaterThan(0)
})

test('an owner that tells of a change before all use it', async () => {
  vi.spyOn(Grace.prototype, 'isSettled').mockReturnValue(true)
  expect(await found(undefined, 'causal', 2, 1000)).toBeGreaterThan(0)
})

test('an owner that leaves what others posted for later', async () => {
  vi.spyOn(Server.prototype, 'drain').mockImplementation(() => {})
  expect(await found(undefined, 'pushes', 2, 1000)).toBeGreaterThan(0)
})

test('and where nothing is, nothing', async () => {
  expect(await found(undefined, 'causal', 2, 100)).toBe(0)
})
