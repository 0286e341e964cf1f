import { describe, expect, test } from 'vitest'
import { formatLitmus } from '../../src/litmus/format-litmus.ts'
import { type LitmusRow, verdictOf } from '../../src/litmus/report.ts'

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
    expect(verdictOf(good)).toEqual({ verdict: 'as promised', notShown: [] })
  })

  test('not shown, where no bad copy was caught in one', () => {
    expect(verdictOf([...good, row('c', true, 10, 0), row('c', false, 10, 0)])).toEqual({
      verdict: 'not shown',
      notShown: ['c'],
    })
  })

  test('not shown, where the guest never looked at one of ours', () => {
    expect(verdictOf([...good, row('a', true, 0, 0)]).verdict).toBe('not shown')
  })

  test('WRONG, where one of ours was caught, whatever else', () => {
    expect(verdictOf([row('a', true, 10, 1), row('a', false, 10, 0)]).verdict).toBe('WRONG')
    expect(verdictOf([...good, row('a', true, 10, 1)]).verdict).toBe('WRONG')
  })
})

test('the table shows each outcome with its count', () => {
  const rows = [row('a', true, 951_000, 0), row('a', false, 1000, 6), row('b', true, 5, 2), row('b', false, 0, 0)]
  const text = formatLitmus({ host: 'x86-64', order: 'host', rows, ...verdictOf(rows) })
  expect(text).toContain('Host x86-64; guestmem takes the host order there.')
  expect(text).toMatch(/Test a \(H12\): later newer\?\n.*:> new first +\*> later newer\n/)
  expect(text).toMatch(/guestmem ramMove +951000 +0 {2}never, as promised\n/)
  expect(text).toMatch(/known bad +994 +6 {2}caught\n/)
  expect(text).toMatch(/guestmem ramMove +3 +2 {2}WRONG\n/)
  expect(text).toMatch(/known bad +0 +0 {2}never met\n {2}No bad copy was caught here: this run shows nothing\.\n/)
  expect(text).toMatch(/\nVerdict: WRONG$/)
})

test.each([
  [undefined, 'undefined'],
  [5n, '5n'],
  ['{}', '"{}"'],
  [[], 'an array'],
  [{}, 'an object'],
  [{ rows: [{}], notShown: [] }, 'an object'],
])('what is no report is refused: %o', (report, shown) => {
  expect(() => formatLitmus(report as never)).toThrow(new TypeError(`report must be what runLitmus gave, got ${shown}`))
})
