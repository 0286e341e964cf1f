import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formatLitmus } from '../../src/litmus/format.ts'
import { RACES } from '../../src/litmus/races.ts'
import { judge, type LitmusRow, runLitmus } from '../../src/litmus/run.ts'
import { buildFiles } from './files.ts'

const row = (race: string, ours: boolean, rounds: number, caught: number): LitmusRow => ({
  race,
  hazard: 'H12',
  copy: ours ? 'guestmem ramMove' : 'known bad',
  ours,
  rounds,
  caught,
  allowed: 'new first',
  forbidden: 'later newer',
})

describe('the verdict is', () => {
  const good = [row('a', true, 10, 0), row('a', false, 10, 1), row('b', true, 10, 0), row('b', false, 10, 10)]

  test('as promised, where a bad copy was caught in each race and none of ours', () => {
    expect(judge(good)).toEqual({ verdict: 'as promised', notShown: [] })
  })

  test('not shown, where no bad copy was caught in one', () => {
    expect(judge([...good, row('c', true, 10, 0), row('c', false, 10, 0)])).toEqual({
      verdict: 'not shown',
      notShown: ['c'],
    })
  })

  test('not shown, where the guest never looked at one of ours', () => {
    expect(judge([...good, row('a', true, 0, 0)]).verdict).toBe('not shown')
  })

  test('WRONG, where one of ours was caught, whatever else', () => {
    expect(judge([row('a', true, 10, 1), row('a', false, 10, 0)]).verdict).toBe('WRONG')
    expect(judge([...good, row('a', true, 10, 1)]).verdict).toBe('WRONG')
  })
})

test('the table shows each outcome with its count', () => {
  const rows = [row('a', true, 951_000, 0), row('a', false, 1000, 6), row('b', true, 5, 2), row('b', false, 0, 0)]
  const text = formatLitmus({ host: 'x86-64', order: 'host', rows, ...judge(rows) })
  expect(text).toContain('Host x86-64; guestmem takes the host order there.')
  expect(text).toMatch(/Test a \(H12\): later newer\?\n.*:> new first +\*> later newer\n/)
  expect(text).toMatch(/guestmem ramMove +951000 +0 {2}never, as promised\n/)
  expect(text).toMatch(/known bad +994 +6 {2}caught\n/)
  expect(text).toMatch(/guestmem ramMove +3 +2 {2}WRONG\n/)
  expect(text).toMatch(/known bad +0 +0 {2}never met\n {2}No bad copy was caught here: this run shows nothing\.\n/)
  expect(text).toMatch(/\nVerdict: WRONG$/)
})

describe('runLitmus', () => {
  let files: ReturnType<typeof buildFiles>
  beforeAll(() => {
    files = buildFiles()
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

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, '5' as unknown as number])(
    'refuses %s seconds',
    async seconds => {
      await expect(runLitmus({ seconds })).rejects.toThrow(/^options.seconds must be a number over 0, got /)
    },
  )

  test('a thread that fails fails the run', async () => {
    const fails = new URL('data:text/javascript,throw new Error("no such luck")')
    await expect(runLitmus({ worker: fails })).rejects.toThrow('no such luck')
    const silent = new URL('data:text/javascript,process.exit(3)')
    await expect(runLitmus({ worker: silent })).rejects.toThrow('exit code 3')
  })
})
