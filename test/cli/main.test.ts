import { execFileSync } from 'node:child_process'
import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LitmusReport } from '../../src/litmus/report.ts'
import { buildFiles, type Files } from '../litmus/files.ts'

let files: Files
beforeAll(async () => {
  files = await buildFiles()
})
afterAll(() => {
  files.remove()
})

interface Ended {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** The exit code and all that was printed. */
function runFile(command: string, ...args: string[]): Ended {
  try {
    return {
      code: 0,
      out: execFileSync(process.execPath, [command, ...args], { encoding: 'utf8', stdio: 'pipe' }),
      err: '',
    }
  } catch (error) {
    const { status, stdout, stderr } = error as { status: number; stdout: string; stderr: string }
    return { code: status, out: stdout, err: stderr }
  }
}

const run = (...args: string[]) => runFile(files.command, ...args)

test('guestmem litmus prints a table and a verdict, writes JSON, and ends as the verdict says', () => {
  const json = join(files.folder, 'report.json')
  const { code, out } = run('litmus', '--seconds', '2', '--json', json)
  const report = JSON.parse(readFileSync(json, 'utf8')) as LitmusReport
  expect(out.trim().split('\n').at(-1)).toBe(`Verdict: ${report.verdict}`)
  expect(code).toBe({ 'as promised': 0, WRONG: 1, 'not shown': 2 }[report.verdict])
  expect(report.verdict).not.toBe('WRONG')
  for (const { race } of report.rows) expect(out).toContain(`Test ${race} (`)
})

test.each([['--version'], ['-v'], ['litmus', '--version']])('%s %s prints the version of its package', (...args) => {
  expect(run(...args)).toEqual({ code: 0, out: '1.2.3-test\n', err: '' })
})

test.each([['help'], ['--help'], ['-h'], ['help', 'help']])('%s %s lists what there is', (...args) => {
  const { code, out } = run(...args)
  expect(code).toBe(0)
  expect(out).toMatch(/^guestmem litmus .*^guestmem help .*^guestmem --version /ms)
  expect(out).toMatch(/litmus \[--minutes N .*1 where one of guestmem/s)
})

test.each([
  ['help', 'litmus'],
  ['litmus', '--help'],
  ['litmus', '--seconds', '5', '-h'],
])('%s %s says how litmus is used, and how it ends', (...args) => {
  const { code, out } = run(...args)
  expect(code).toBe(0)
  expect(out).toMatch(/^guestmem litmus \[--minutes N \| --seconds N\] \[--json FILE\]\n/)
  expect(out.replace(/\s+/g, ' ')).toContain(
    "Ends with 0 where all is as promised, 1 where one of guestmem's copies was caught, 2 where this run shows nothing (no bad copy was caught: a busy machine, a single CPU), 3 for a mistake in the arguments, 4 where the races could not be run.",
  )
})

test.each([
  [[], /must be litmus, got ""/],
  [['lint'], /must be litmus, got "lint"/],
  [['litmus', 'fast'], /options alone, got "fast"/],
  [['help', 'lint'], /must be litmus or help, got "lint"/],
  [['help', 'toString'], /must be litmus or help, got "toString"/],
  [['lint', '--help'], /must be litmus or help, got "lint"/],
  [['litmus', '--minutes', 'ten'], /a number over 0, got "ten"/],
  [['litmus', '--seconds', '-1'], /ambiguous/],
  [['litmus', '--seconds=0'], /a number over 0, got "0"/],
  [['litmus', '--seconds=1', '--minutes=1'], /not both/],
  [['litmus', '--hours', '1'], /hours/],
  [['litmus', '--json', '/no/such/folder/report.json'], /--json must name a file that can be written: ENOENT/],
])('%j is refused, with a hint', (args, text) => {
  const { code, out, err } = run(...args)
  expect({ code, out }).toEqual({ code: 3, out: '' })
  expect(err).toMatch(text)
  expect(err).toContain('guestmem help says how it is used.')
})

test('races that cannot be run do not end as if a copy had been caught', () => {
  // Away from its worker, and without the packed one, the command can start no thread.
  const moved = join(files.folder, 'moved.js')
  copyFileSync(files.command, moved)
  const { code, out, err } = runFile(moved, 'litmus', '--seconds', '1')
  expect({ code, out }).toEqual({ code: 4, out: '' })
  expect(err).toMatch(/^guestmem: no litmus thread could be started \(litmus-worker\.js: /)
})
