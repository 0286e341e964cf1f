import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkLitmusOptions, type LitmusOptions } from '../../src/litmus/options.ts'
import { RaceMemory } from '../../src/litmus/race-memory.ts'
import { RACES } from '../../src/litmus/races.ts'
import { runLitmus } from '../../src/litmus/run-litmus.ts'
import { startThread, THREAD_LIMITS } from '../../src/litmus/start-thread.ts'
import { threadSources } from '../../src/litmus/thread-source.ts'
import { buildFiles, type Files } from './files.ts'

let files: Files
beforeAll(async () => {
  files = await buildFiles()
})
afterAll(() => {
  files.remove()
})

test('races every copy, and none of ours is caught', async () => {
  const progress: number[] = []
  const report = await runLitmus({
    seconds: 4,
    worker: files.worker,
    onProgress: (done, total) => progress.push(done / total),
  })
  const pairs = RACES.flatMap(race => race.kinds.map(({ name, ours }) => [race.name, name, ours]))
  expect(report.rows.map(({ race, copy, ours }) => [race, copy, ours])).toEqual(pairs)
  expect(report.rows.filter(({ ours, caught }) => ours && caught > 0)).toEqual([])
  expect(report.verdict).not.toBe('WRONG')
  expect(progress).toHaveLength(pairs.length + 1)
  expect(progress.at(-1)).toBe(1)
})

describe('options.worker may be', () => {
  const starts = async (worker: LitmusOptions['worker']) => {
    const thread = await startThread(threadSources(checkLitmusOptions({ worker }).worker), THREAD_LIMITS)
    const handle = RaceMemory.allocate()
    const asked = thread.ask({ race: 'last byte last', copy: 'guestmem ramMove', role: 'guest', handle, ms: 0 })
    const { sync } = new RaceMemory(handle)
    sync.startTogether()
    sync.stop()
    expect(await asked).toEqual({ observation: { rounds: expect.any(Number), caught: 0 } })
    thread.terminate()
  }

  test('an address', () => starts(files.worker))
  test('an address, as text', () => starts(files.worker.href))
  test('a path', () => starts(fileURLToPath(files.worker)))
  test('anything that has an address, such as a URL of another realm', () => starts({ href: files.worker.href }))
  test('a function that makes a thread', () => starts(() => new Worker(files.worker)))
})

test('a thread of another version says so', async () => {
  const thread = await startThread(threadSources(files.worker), THREAD_LIMITS)
  const task = { copy: 'guestmem ramMove', role: 'guest', handle: RaceMemory.allocate(), ms: 0 } as const
  for (const names of [{ race: 'last byte last', copy: 'none of ours' }, { race: 'none of ours' }])
    expect((await thread.ask({ ...task, ...names })).failure).toMatch(/another version of guestmem/)
  thread.terminate()
})

test('a page whose threads share no memory is told what it needs', async () => {
  const shared = globalThis.SharedArrayBuffer
  try {
    Reflect.deleteProperty(globalThis, 'SharedArrayBuffer')
    await expect(runLitmus({ worker: files.worker })).rejects.toThrow('must be cross-origin isolated')
  } finally {
    globalThis.SharedArrayBuffer = shared
  }
})
