import { type AccessDifference, type ReplayReport, replayAccess } from '../qemu/qemu.ts'
import { type Command, ENDS, EXIT, type Given } from './command.ts'
import { coloured, drawProgress, print, printJson, visible } from './output.ts'
import { readInput } from './read-input.ts'

/** Of one file, the differences that are printed unless all are asked for. */
const MOST_PRINTED = 10

const HELP = `guestmem replay FILE... [--all] [--json]

  Makes the accesses that were recorded of a running QEMU (format qemu-access-trace/1, packed by gzip or not) on the same
  flat views, and says where guestmem causes other callbacks, other bytes or another result.

  --all          prints all differences, and not the first ${MOST_PRINTED} of each file
  --json         the reports as data, with all differences

  Ends with 0 where all is equal but for cases that no file lets one predict, 1 where something differs, ${ENDS}.
`

interface FileReport extends ReplayReport {
  readonly file: string
}

/** `guestmem replay` */
export const replayCommand: Command = {
  summary: 'makes the accesses that were recorded of a QEMU, and says what differs',
  help: HELP,
  options: { all: { type: 'boolean' }, json: { type: 'boolean' } },
  operands: ['FILE...'],
  async run(given: Given): Promise<number> {
    const reports: FileReport[] = []
    const { operands } = given
    try {
      for (const [index, file] of operands.entries()) {
        drawProgress(index, operands.length, visible(file))
        const report = { file, ...(await replayFile(file)) }
        reports.push(report)
        if (given.values.json) continue
        drawProgress(1, 1, '')
        print(textOfReport(report, given.values.all === true))
      }
    } finally {
      drawProgress(1, 1, '')
    }
    if (given.values.json) printJson({ files: reports })
    return reports.some(({ different }) => different.length > 0) ? EXIT.no : EXIT.ok
  },
}

async function replayFile(path: string): Promise<ReplayReport> {
  try {
    return replayAccess(await readInput(path))
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`, { cause: error })
  }
}

function textOfReport({ file, cases, equal, skipped, different }: FileReport, all: boolean): string {
  const count = different.length > 0 ? coloured(`${different.length} different`, 'red') : '0 different'
  const line = `${visible(file)}: ${cases} cases, ${equal} equal, ${skipped} skipped, ${count}`
  const printed = all ? different : different.slice(0, MOST_PRINTED)
  const left = different.length - printed.length
  return [line, ...printed.map(textOfDifference), ...(left > 0 ? [`  ${left} more: --all prints them`] : [])].join('\n')
}

function textOfDifference({ case: index, request, expected, got }: AccessDifference): string {
  const lines = (title: string, list: readonly string[]) => [
    `    ${title}`,
    ...list.map(line => `      ${visible(line)}`),
  ]
  return [`  case ${index}: ${request}`, ...lines('expected', expected), ...lines('got', got)].join('\n')
}
