import { closeSync, openSync, writeFileSync } from 'node:fs'
import { formatLitmus, runLitmus } from '../litmus/litmus.ts'
import { EXIT } from './help.ts'

/** What the command line gives, as it stands there. */
export interface LitmusArguments {
  readonly minutes?: string | undefined
  readonly seconds?: string | undefined
  readonly json?: string | undefined
}

/** A mistake in the arguments, as the user is told of it. */
export class Misuse extends Error {}

/** How long a text says that the races take, seconds; undefined where it is not said. @throws Misuse */
function secondsOf({ minutes, seconds }: LitmusArguments): number | undefined {
  if (minutes !== undefined && seconds !== undefined) throw new Misuse('give --minutes or --seconds, not both')
  const text = minutes ?? seconds
  if (text === undefined) return undefined
  const value = Number(text) * (minutes === undefined ? 1 : 60)
  if (value > 0 && value < 2 ** 31) return value
  throw new Misuse(`a time must be a number over 0, got ${JSON.stringify(text)}`)
}

/** Opens the report's file before the races, which may take hours. @throws Misuse */
function openReport(path: string): number {
  try {
    return openSync(path, 'w')
  } catch (error) {
    throw new Misuse(`--json must name a file that can be written: ${(error as Error).message}`)
  }
}

const BAR_WIDTH = 30

/** Draws a bar, in a terminal. */
function drawProgress(done: number, total: number, race: string, copy: string): void {
  if (!process.stderr.isTTY) return
  const full = Math.round((done / total) * BAR_WIDTH)
  const bar = done === total ? '' : `[${'#'.repeat(full)}${'.'.repeat(BAR_WIDTH - full)}] ${race}: ${copy}`
  process.stderr.write(`\r\u001b[2K${bar}`)
}

/** Runs the races and prints the report. @returns The exit code. @throws Misuse */
export async function runLitmusCommand(given: LitmusArguments): Promise<number> {
  const seconds = secondsOf(given)
  const file = given.json === undefined ? undefined : openReport(given.json)
  try {
    const report = await runLitmus({ seconds, onProgress: drawProgress })
    console.log(formatLitmus(report))
    if (file !== undefined) writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`)
    return EXIT[report.verdict]
  } finally {
    if (file !== undefined) closeSync(file)
  }
}
