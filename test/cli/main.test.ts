import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LitmusReport } from '../../src/litmus/report.ts'
import { buildFiles, type Files } from '../litmus/files.ts'
import { runFile } from './run.ts'

let files: Files
beforeAll(async () => {
  files = await buildFiles()
})
afterAll(() => {
  files.remove()
})

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

test('guestmem litmus --json prints the report, as data alone', () => {
  for (const args of [
    ['--seconds=1', '--json'],
    ['--json', '--seconds=1'],
  ])
    expect((JSON.parse(run('litmus', ...args).out) as LitmusReport).rows.length).toBeGreaterThan(10)
})

test.each([['--version'], ['-v'], ['litmus', '--version']])('%s %s prints the version of its package', (...args) => {
  expect(run(...args)).toEqual({ code: 0, out: '1.2.3-test\n', err: '' })
})

const COMMANDS = ['map', 'diff', 'find', 'replay', 'snapshot', 'litmus', 'page']

test.each([['help'], ['--help'], ['-h'], ['help', 'help']])('%s %s lists what there is', (...args) => {
  const { code, out } = run(...args)
  expect(code).toBe(0)
  for (const command of COMMANDS) expect(out).toMatch(new RegExp(`^guestmem ${command} +\\S`, 'm'))
  expect(out).toMatch(/^guestmem help .*^guestmem --version /ms)
})

test.each(COMMANDS)('%s --help says how it is called, what each option does and how it ends', command => {
  const { code, out, err } = run(command, '--help')
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).toBe(run('help', command).out)
  expect(out.startsWith(`guestmem ${command} `)).toBe(true)
  expect(out).toMatch(/--json/)
  expect(out.replace(/\s+/g, ' ')).toMatch(/[Ee]nds with 0.* 3 for a mistake in the arguments, 4 where .*\. $/)
  // An option that is not in the first line is not found.
  const [usage = '', ...rest] = out.split('\n')
  for (const [option] of rest.join('\n').matchAll(/^ {2}--[a-z]+/gm)) expect(usage).toContain(option.trim())
})

test.each([
  ['help', 'litmus'],
  ['litmus', '--help'],
  ['litmus', '--seconds', '5', '-h'],
])('%s %s says how litmus is used, and how it ends', (...args) => {
  const { code, out } = run(...args)
  expect(code).toBe(0)
  expect(out).toMatch(/^guestmem litmus \[--minutes N \| --seconds N\] \[--json \[FILE\]\]\n/)
  expect(out.replace(/\s+/g, ' ')).toContain(
    "Ends with 0 where all is as promised, 1 where one of guestmem's copies was caught, 2 where this run shows nothing (no bad copy was caught: a busy machine, a single CPU), 3 for a mistake in the arguments, 4 where the races could not be run.",
  )
})

test.each([
  [[], /must be map, .*litmus.* or help, got ""/],
  [['lint'], /must be map, .*litmus.* or help, got "lint"/],
  [['litmus', 'fast'], /options alone, got "fast"/],
  [['help', 'lint'], /litmus.* or help, got "lint"/],
  [['help', 'toString'], /litmus.* or help, got "toString"/],
  [['lint', '--help'], /litmus.* or help, got "lint"/],
  [['--json', 'map'], /--json/],
  [['map'], /map takes FILE, got ""/],
  [['map', 'a', 'b'], /map takes FILE, got "a b"/],
  [['map', 'a', '--svg', '--json'], /--svg or --json, not both/],
  [['map', 'a', '--seconds', '1'], /--seconds/],
  [['map', 'a', '--json=yes'], /--json/],
  [['diff', 'a'], /diff takes A and B, got "a"/],
  [['diff', '-', '-'], /must not both be -/],
  [['find', 'a'], /find takes FILE and ADDRESS, got "a"/],
  [['find', 'a', 'ten'], /ADDRESS must be a number from 0 to 2\^64 - 1.*got "ten"/],
  [['find', 'a', '0x10000000000000000'], /ADDRESS must be/],
  [['find', 'a', '0x_1'], /ADDRESS must be/],
  [['find', 'a', '9'.repeat(1_000)], /ADDRESS must be/],
  [['page', 'a', 'b'], /page takes \[FILE\], got "a b"/],
  [['page', '--port', '70000'], /--port must be a number from 0 to 65535, got "70000"/],
  [['page', '--port', 'http'], /--port must be .*got "http"/],
  [['replay'], /replay takes FILE\.\.\., got ""/],
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
