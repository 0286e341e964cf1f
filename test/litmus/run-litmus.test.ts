import { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RACES } from '../../src/litmus/races.ts'
import { runLitmus } from '../../src/litmus/run-litmus.ts'
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
  const races = async (worker: Parameters<typeof runLitmus>[0] & object) => {
    const { rows } = await runLitmus({ seconds: 0.05, ...worker })
    expect(rows.length).toBeGreaterThan(20)
  }

  test('an address, as text', () => races({ worker: files.worker.href }))
  test('a path', () => races({ worker: files.worker.pathname }))
  test('anything that has an address, such as a URL of another realm', () =>
    races({ worker: { href: files.worker.href } }))

  test('a function, that is called for each thread', async () => {
    let made = 0
    await races({
      worker: () => {
        made++
        return new Worker(files.worker)
      },
    })
    expect(made).toBe(2 * RACES.flatMap(({ kinds }) => kinds).length)
  })
})
