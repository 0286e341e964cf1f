import { createReadStream } from 'node:fs'
import { readSnapshot, type SnapshotContents } from '../snapshot/snapshot.ts'
import { type Command, ENDS, EXIT, type Given } from './command.ts'
import { print, printJson } from './output.ts'

const HELP = `guestmem snapshot FILE [--json]

  Checks a saved machine from beginning to end, and prints what is in it: its spaces, regions, RAM blocks and devices. FILE
  is - for the standard input. What was compressed must be unpacked first: gzip -dc FILE | guestmem snapshot -

  --json         the same as data

  Ends with 0 where the file is whole, ${ENDS}.
`

/** `guestmem snapshot` */
export const snapshotCommand: Command = {
  summary: 'checks a saved machine, and says what is in it',
  help: HELP,
  options: { json: { type: 'boolean' } },
  operands: ['FILE'],
  async run({ values, operands }: Given): Promise<number> {
    const [path] = operands as [string]
    const contents = await readSnapshot(path === '-' ? process.stdin : createReadStream(path))
    if (values.json) printJson(contents)
    else print(formatSnapshot(contents))
    return EXIT.ok
  },
}

/** As lines for people. */
function formatSnapshot({ id, generation, live, bytes, version, ...contents }: SnapshotContents): string {
  const { spaces, regions, blocks, devices } = contents
  const kinds = new Map<string, number>()
  for (const { kind } of regions) kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  const what = generation === 0 ? 'a base' : `increment ${generation}`
  return [
    `${what}${live ? ', taken while the guest ran' : ''}; id ${id}, format ${version}, ${bytes} bytes, all checksums right`,
    `spaces:  ${spaces.map(({ name, endian }) => `${name} (${endian}-endian)`).join(', ')}`,
    `regions: ${regions.length} (${[...kinds].map(([kind, count]) => `${count} ${kind}`).join(', ')})`,
    ...blocks.map(
      ({ name, size, dataPages, samePages, zeroPages }) =>
        `block    ${name}: ${size} bytes, of which ${4096 * dataPages} are here; ${samePages} pages more as others, ${zeroPages} zero`,
    ),
    ...devices.map(({ name, bytes: length }) => `device   ${name}: ${length} bytes`),
  ].join('\n')
}
