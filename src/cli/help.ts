import { type Command, EXIT, Misuse } from './command.ts'
import { COMMANDS } from './commands.ts'

const LIST = [
  ...Object.entries(COMMANDS).map(([name, { summary }]) => [`guestmem ${name}`, summary] as const),
  ['guestmem help [COMMAND]', 'says how it is used, as COMMAND --help (-h) does'],
  ['guestmem --version', 'prints the version of guestmem, as -v does'],
] as const

const WIDTH = Math.max(...LIST.map(([name]) => name.length)) + 2

/** What there is, and how every command ends. */
const HELP = `${LIST.map(([name, summary]) => name.padEnd(WIDTH) + summary).join('\n')}

Each command ends with 0 where all is well, 1 or 2 as its help says, ${EXIT.misuse} for a mistake in the arguments, ${EXIT.failed} where it
failed. Colours are for terminals alone, and not where NO_COLOR is set.
`

/** The help of a command, or of all. @throws Misuse */
export function helpOf(command: string | undefined): string {
  return command === undefined || command === 'help' ? HELP : commandOf(command).help
}

/** @throws Misuse */
export function commandOf(name: string | undefined): Command {
  const command = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (command !== undefined) return command
  const names = Object.keys(COMMANDS).join(', ')
  throw new Misuse(`the command must be ${names} or help, got ${JSON.stringify((name ?? '').slice(0, 80))}`)
}
