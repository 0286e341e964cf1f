#!/usr/bin/env node
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { formatLitmus, runLitmus } from '../litmus/litmus.ts'

const USAGE = `guestmem litmus [--minutes N | --seconds N] [--json FILE]

  Races guestmem's copies and their rivals in two threads on this host and engine.
  Ends with 0 where all is as promised, 1 where one of guestmem's copies was caught, 2 where this run shows nothing
  (no bad copy was caught: a busy machine, a single CPU), 3 for a mistake in the arguments.
`
const EXIT = { 'as promised': 0, WRONG: 1, 'not shown': 2 } as const
const BAR = 30

function fail(text: string): never {
  console.error(`${text}\n\n${USAGE}`)
  process.exit(3)
}

function read() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        minutes: { type: 'string' },
        seconds: { type: 'string' },
        json: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    })
    return { ...values, command: positionals.join(' ') }
  } catch (error) {
    return fail((error as Error).message)
  }
}

function seconds(): number {
  const given = args.minutes ?? args.seconds
  if (given === undefined) return 12
  const value = Number(given) * (args.minutes === undefined ? 1 : 60)
  return value > 0 && value < 2 ** 31 ? value : fail(`a time must be a number over 0, got ${JSON.stringify(given)}`)
}

function progress(done: number, total: number, race: string, copy: string): void {
  if (!process.stderr.isTTY) return
  const full = Math.round((done / total) * BAR)
  const bar = done === total ? '' : `[${'#'.repeat(full)}${'.'.repeat(BAR - full)}] ${race}: ${copy}`
  process.stderr.write(`\r\u001b[2K${bar}`)
}

const args = read()
if (args.help) {
  console.log(USAGE)
  process.exit(0)
}
if (args.command !== 'litmus') fail(`the command must be litmus, got ${JSON.stringify(args.command)}`)
const report = await runLitmus({ seconds: seconds(), onProgress: progress })
console.log(formatLitmus(report))
if (args.json !== undefined) writeFileSync(args.json, `${JSON.stringify(report, null, 2)}\n`)
process.exit(EXIT[report.verdict])
