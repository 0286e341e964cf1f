import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { buildSync } from 'esbuild'
import { expect, test } from 'vitest'
import { Board } from '../../examples/race/board.mjs'
import { COPIES } from '../../examples/race/copies.mjs'
import { runRace } from '../../examples/race/run.mjs'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

// vitest does not transform what runs in a worker.
const { outputFiles } = buildSync({
  entryPoints: [here('../../examples/race/thread.mjs')],
  alias: { guestmem: here('../../src/index.ts') },
  bundle: true,
  write: false,
  platform: 'node',
  format: 'cjs',
})
const start = (workerData: object) => new Worker(outputFiles[0]?.text ?? '', { eval: true, workerData })

test.each(Object.keys(COPIES))('%s copies the bytes', name => {
  const board = new Board(Board.allocate())
  board.device.view().set([1, 2, 3, 4, 5, 6, 7, 8])
  COPIES[name]?.(board)(64, 4, 4)
  expect([...board.guest.view().subarray(62, 70)]).toEqual([0, 0, 5, 6, 7, 8, 0, 0])
})

test.each([
  ['descriptor', 'guestmem ramCopy'],
  ['descriptor', 'guestmem memory.write'],
  ['word', 'guestmem memory.write'],
  ['word', 'guestmem memory.store32'],
] as const)('in the %s race %s is never caught', async (race, copy) => {
  const { meetings, caught } = await runRace(race, copy, start)
  expect(meetings).toBeGreaterThan(0)
  expect(caught).toBe(0)
})

test('a thread that dies fails the race', async () => {
  await expect(runRace('descriptor', 'no such copy', start)).rejects.toThrow(TypeError)
  await expect(
    runRace('word', 'guestmem ramCopy', () => new Worker('process.exit(3)', { eval: true })),
  ).rejects.toThrow(/exit code 3/)
})
