import { compareMaps, formatMapChanges, type MapChange } from '../qemu/qemu.ts'
import { type Command, ENDS, EXIT, type Given, Misuse, textOf } from './command.ts'
import { type Colour, coloured, print, printJson, visible } from './output.ts'
import { type ReadMachine, readMachine, type Space, spaceOf } from './read-machine.ts'

const HELP = `guestmem diff A B [--space NAME] [--json]

  What differs between what two machines show, by space: regions that moved, that are hidden (and by which) or uncovered,
  unmapped or mapped, removed or added, and those that are seen as another type. Regions and spaces are told by their names.
  A and B are as for \`guestmem map\`. A disabled region is in the text of \`info mtree -D\` alone: without -D it counts as
  removed.

  --space NAME   one space alone
  --json         the differences as data

  Ends with 0 where the machines show the same, 1 where they do not, ${ENDS}.
`

interface SpaceChanges {
  readonly name: string
  /** Of a space that only one of the machines has: which. */
  readonly only?: 'A' | 'B'
  readonly changes: readonly MapChange[]
}

/** `guestmem diff` */
export const diffCommand: Command = {
  summary: 'prints what differs between two maps: what moved, what is hidden, what is gone',
  help: HELP,
  options: { space: { type: 'string' }, json: { type: 'boolean' } },
  operands: ['A', 'B'],
  async run(given: Given): Promise<number> {
    const [a, b] = given.operands as [string, string]
    if (a === '-' && b === '-') throw new Misuse('A and B must not both be -, the standard input')
    const [before, after] = [await readMachine(a), await readMachine(b)]
    const name = textOf(given, 'space')
    const spaces =
      name === undefined
        ? compareSpaces(before, after)
        : [{ name, changes: compareMaps(spaceOf(before, name), spaceOf(after, name)) }]
    const different = spaces.filter(({ only, changes }) => only !== undefined || changes.length > 0)
    if (given.values.json) printJson({ spaces: different })
    else for (const each of different) print(textOfChanges(each))
    return different.length > 0 ? EXIT.no : EXIT.ok
  },
}

/** Of several spaces of one name the first is compared with the first, the second with the second. */
function compareSpaces(before: ReadMachine, after: ReadMachine): SpaceChanges[] {
  const left = new Map<string, Space[]>()
  for (const space of after.spaces) left.set(space.name, [...(left.get(space.name) ?? []), space])
  const compared = before.spaces.map((space): SpaceChanges => {
    const { name } = space
    const other = left.get(name)?.shift()
    return other === undefined ? { name, only: 'A', changes: [] } : { name, changes: compareMaps(space, other) }
  })
  const added = [...left.values()].flat().map(({ name }): SpaceChanges => ({ name, only: 'B', changes: [] }))
  return [...compared, ...added]
}

const COLOURS: Readonly<Record<string, Colour>> = {
  removed: 'red',
  hidden: 'red',
  unmapped: 'red',
  added: 'green',
  uncovered: 'green',
  mapped: 'green',
}

function textOfChanges({ name, only, changes }: SpaceChanges): string {
  const title = `address-space: ${visible(name)}`
  if (only !== undefined) return `${title}\n  only in ${only}\n`
  const lines = formatMapChanges(changes).replace(/^[a-z]+/gm, kind => `  ${coloured(kind, COLOURS[kind] ?? 'yellow')}`)
  return `${title}\n${lines}\n`
}
