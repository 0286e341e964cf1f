import { writeFileSync } from 'node:fs'
import { flatViewToSvg, formatFlatView } from '../qemu/qemu.ts'
import { type Command, ENDS, EXIT, type Given, Misuse, textOf } from './command.ts'
import { asJson, note, visible } from './output.ts'
import { type ReadMachine, readMachine, type Space, spaceOf } from './read-machine.ts'
import { colouredRanges, rangeFields } from './shown.ts'

const HELP = `guestmem map FILE [--space NAME] [--svg | --json] [--output FILE]

  Builds the machine that FILE describes, and prints what its address spaces show: the lines of \`info mtree -f\`, by
  space; spaces that show the same together. FILE is what QEMU's monitor prints for \`info mtree\` (best \`info mtree -o -D\`),
  or JSON in the format qemu-mtree-corpus/1; either may be packed by gzip. - is the standard input.

  --space NAME   one space alone; for --svg, \`memory\` or the first one unless said
  --svg          a picture: a row for each range, equally high, from 4 bytes to 128 GiB
  --json         the spaces with their ranges, what lies past 2^53, and what the text of \`info mtree\` leaves open
  --output FILE  writes there what would be printed

  Ends with 0, ${ENDS}.
`

/** `guestmem map` */
export const mapCommand: Command = {
  summary: 'prints what a machine shows at each address: text, SVG or JSON',
  help: HELP,
  options: {
    space: { type: 'string' },
    svg: { type: 'boolean' },
    json: { type: 'boolean' },
    output: { type: 'string', short: 'o' },
  },
  operands: ['FILE'],
  async run(given: Given): Promise<number> {
    if (given.values.svg && given.values.json) throw new Misuse('give --svg or --json, not both')
    const machine = await readMachine(given.operands[0] as string)
    write(`${draw(machine, given).trimEnd()}\n`, textOf(given, 'output'))
    if (!given.values.json && machine.questions.length > 0)
      note(`${machine.path}: ${machine.questions.length} things are not in the text; --json lists what was assumed`)
    return EXIT.ok
  },
}

function draw(machine: ReadMachine, given: Given): string {
  const name = textOf(given, 'space')
  if (given.values.svg) return flatViewToSvg(spaceOf(machine, name))
  const spaces = name === undefined ? machine.spaces : [spaceOf(machine, name)]
  return given.values.json ? asJson(fieldsOf(machine, spaces)) : textOfViews(spaces)
}

/** As `info mtree -f` prints it: spaces that share a view together. */
function textOfViews(spaces: readonly Space[]): string {
  const byView = new Map<Space['view'], Space[]>()
  for (const space of spaces) {
    const same = byView.get(space.view)
    if (same === undefined) byView.set(space.view, [space])
    else same.push(space)
  }
  const lines = Array.from(byView, ([view, same], index) => [
    `FlatView #${index}`,
    ...same.map(({ name, root }) => ` AS "${visible(name)}", root: ${visible(root.name)}`),
    ` Root memory region: ${view.root === undefined ? '(none)' : visible(view.root.name)}`,
    colouredRanges(formatFlatView(same[0] as Space)),
    '',
  ])
  return lines.flat().join('\n')
}

function fieldsOf({ unreachable, questions }: ReadMachine, spaces: readonly Space[]): object {
  return {
    spaces: spaces.map(space => ({
      name: space.name,
      root: space.root.name,
      ranges: space.view.ranges.map(rangeFields),
      unreachable: unreachable.filter(range => range.space === space).map(({ space: _, ...fields }) => fields),
    })),
    questions,
  }
}

function write(text: string, output: string | undefined): void {
  if (output === undefined) process.stdout.write(text)
  else writeFileSync(output, text)
}
