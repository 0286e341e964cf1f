import { closeSync, openSync, writeFileSync } from 'node:fs'
import { formatLitmus, type LitmusVerdict, runLitmus } from '../litmus/litmus.ts'
import { type Command, EXIT, type Given, Misuse, textOf } from './command.ts'
import { asJson, drawProgress, print } from './output.ts'

const HELP = `guestmem litmus [--minutes N | --seconds N] [--json [FILE]]

  Races guestmem's copies and their rivals in two threads on this host and engine, for 12 seconds unless said, and
  prints how often each was caught. --json FILE writes the report to a file as well; --json alone prints it instead.

  Ends with 0 where all is as promised, 1 where one of guestmem's copies was caught, 2 where this run shows nothing
  (no bad copy was caught: a busy machine, a single CPU), ${EXIT.misuse} for a mistake in the arguments, ${EXIT.failed} where the races
  could not be run.
`

const ENDINGS: Readonly<Record<LitmusVerdict, number>> = {
  'as promised': EXIT.ok,
  WRONG: EXIT.no,
  'not shown': EXIT.unshown,
}

/** What `--json` has where no file is named. */
const PRINTED = '-'

/** `guestmem litmus` */
export const litmusCommand: Command = {
  summary: "races guestmem's copies on this host and engine",
  help: HELP,
  options: { minutes: { type: 'string' }, seconds: { type: 'string' }, json: { type: 'string' } },
  operands: [],
  optionalValues: { json: PRINTED },
  async run(given: Given): Promise<number> {
    const seconds = secondsOf(given)
    const path = textOf(given, 'json')
    const file = path === undefined || path === PRINTED ? undefined : openReport(path)
    try {
      const report = await runLitmus({
        seconds,
        onProgress: (done, total, race, copy) => drawProgress(done, total, `${race}: ${copy}`),
      })
      print(path === PRINTED ? asJson(report) : formatLitmus(report))
      if (file !== undefined) writeFileSync(file, `${asJson(report)}\n`)
      return ENDINGS[report.verdict]
    } finally {
      if (file !== undefined) closeSync(file)
    }
  },
}

/** How long a text says that the races take, seconds; undefined where it is not said. @throws Misuse */
function secondsOf(given: Given): number | undefined {
  const [minutes, seconds] = [textOf(given, 'minutes'), textOf(given, 'seconds')]
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
