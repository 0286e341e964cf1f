import { type AddressExplanation, type AddressLayer, explainAddress, formatExplanation } from '../qemu/qemu.ts'
import { type Command, ENDS, EXIT, type Given, Misuse, textOf } from './command.ts'
import { print, printJson } from './output.ts'
import { readMachine, spaceOf } from './read-machine.ts'

const HELP = `guestmem find FILE ADDRESS [--space NAME] [--json]

  Who answers at an address and why: the region and the offset in it, the way there from the root of the space with each
  priority and alias, what it hides there and for which reason, and what would lie there if it were enabled. FILE is as for
  \`guestmem map\`; ADDRESS is hexadecimal with 0x before it, or decimal; _ may part its digits.

  --space NAME   the space; \`memory\` or the first one unless said
  --json         the same as data

  Ends with 0 where a region answers, 1 where nothing is mapped, ${ENDS}.
`

/** `guestmem find` */
export const findCommand: Command = {
  summary: 'says who answers at an address and why, and what is hidden there',
  help: HELP,
  options: { space: { type: 'string' }, json: { type: 'boolean' } },
  operands: ['FILE', 'ADDRESS'],
  async run(given: Given): Promise<number> {
    const [path, text] = given.operands as [string, string]
    const address = readAddress(text)
    const found = explainAddress(spaceOf(await readMachine(path), textOf(given, 'space')), address)
    if (given.values.json) printJson(fieldsOf(found))
    else print(formatExplanation(found))
    return found.answer === undefined ? EXIT.no : EXIT.ok
  },
}

/** @throws Misuse */
function readAddress(text: string): bigint {
  const isNumber = text.length <= 64 && /^(?:0x[0-9a-f]+(?:_[0-9a-f]+)*|\d+(?:_\d+)*)$/i.test(text)
  const address = isNumber ? BigInt(text.replaceAll('_', '')) : undefined
  if (address !== undefined && address < 2n ** 64n) return address
  throw new Misuse(
    `ADDRESS must be a number from 0 to 2^64 - 1, such as 0xfee00000, got ${JSON.stringify(text.slice(0, 80))}`,
  )
}

function fieldsOf({ space, address, answer, seen, hides, disabled }: AddressExplanation): object {
  return {
    space: space.name,
    address,
    answer: answer === undefined ? null : layerFields(answer),
    seen: seen === undefined ? null : { start: seen.start, end: seen.end - 1n },
    hides: hides.map(layer => ({ ...layerFields(layer), why: layer.why })),
    disabled: disabled.map(layerFields),
  }
}

function layerFields({ region, offset, type, start, end, path }: AddressLayer): object {
  return {
    name: region.name,
    offset,
    type,
    priority: region.priority,
    start,
    end: end - 1n,
    path: path.map(({ region, start, by }) => ({
      name: region.name,
      by,
      // Below zero where an alias begins further in.
      start: start < 0n ? `-0x${(-start).toString(16)}` : start,
      priority: region.priority,
    })),
  }
}
