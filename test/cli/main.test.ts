import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LitmusReport } from '../../src/litmus/run.ts'
import { buildFiles } from '../litmus/files.ts'

let files: ReturnType<typeof buildFiles>
beforeAll(() => {
  files = buildFiles()
})
afterAll(() => {
  files.remove()
})

/** The exit code and all that was printed. */
function run(...args: string[]): { code: number; text: string } {
  try {
    return {
      code: 0,
      text: execFileSync(process.execPath, [files.command, ...args], { encoding: 'utf8', stdio: 'pipe' }),
    }
  } catch (error) {
    const { status, stdout, stderr } = error as { status: number; stdout: string; stderr: string }
    return { code: status, text: stdout + stderr }
  }
}

test('guestmem litmus prints a table and a verdict, writes JSON, and ends as the verdict says', () => {
  const json = join(files.command, '../report.json')
  const { code, text } = run('litmus', '--seconds', '2', '--json', json)
  const report = JSON.parse(readFileSync(json, 'utf8')) as LitmusReport
  expect(text.trim().split('\n').at(-1)).toBe(`Verdict: ${report.verdict}`)
  expect(code).toBe({ 'as promised': 0, WRONG: 1, 'not shown': 2 }[report.verdict])
  expect(report.verdict).not.toBe('WRONG')
  for (const { race } of report.rows) expect(text).toContain(`Test ${race} (`)
})

test('--help says how it ends', () => {
  expect(run('--help')).toEqual({
    code: 0,
    text: expect.stringMatching(/litmus \[--minutes N .*1 where one of guestmem/s),
  })
})

test.each([
  [[], /must be litmus, got ""/],
  [['lint'], /must be litmus, got "lint"/],
  [['litmus', '--minutes', 'ten'], /a number over 0, got "ten"/],
  [['litmus', '--seconds', '-1'], /ambiguous/],
  [['litmus', '--seconds=0'], /a number over 0, got "0"/],
  [['litmus', '--hours', '1'], /hours/],
])('%j is refused', (args, text) => {
  expect(run(...args)).toEqual({ code: 3, text: expect.stringMatching(text) })
})
