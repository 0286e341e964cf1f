#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type Command, EXIT, type Given, Misuse } from './command.ts'
import { commandOf, helpOf } from './help.ts'

const COMMON = { help: { type: 'boolean', short: 'h' }, version: { type: 'boolean', short: 'v' } } as const

/** @throws Misuse */
function readArguments(args: readonly string[], command: Command | undefined): Given {
  const { options = {}, optionalValues = {} } = command ?? {}
  // An option whose value may be left out is given one where nothing that could be it follows.
  const filled = args.map((arg, i) => {
    const value = arg.startsWith('--') ? optionalValues[arg.slice(2)] : undefined
    const next = args[i + 1]
    return value === undefined || (next !== undefined && !next.startsWith('-')) ? arg : `${arg}=${value}`
  })
  try {
    const parsed = parseArgs({ args: filled, allowPositionals: true, options: { ...options, ...COMMON } })
    return { values: parsed.values as Given['values'], operands: parsed.positionals }
  } catch (error) {
    throw new Misuse((error as Error).message)
  }
}

/** @throws Misuse */
function checkOperands(name: string, { operands }: Command, given: readonly string[]): void {
  const least = operands.filter(operand => !operand.startsWith('[')).length
  const most = operands.at(-1)?.endsWith('...') === true ? Number.POSITIVE_INFINITY : operands.length
  if (given.length >= least && given.length <= most) return
  const wanted = operands.length === 0 ? 'options alone' : operands.join(' and ')
  throw new Misuse(`${name} takes ${wanted}, got ${JSON.stringify(given.join(' ').slice(0, 200))}`)
}

/** Of the package that this file is in: the command is built into a folder of it. */
function packageVersion(): string {
  return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version
}

/** @returns The exit code. @throws Misuse */
async function main(args: readonly string[]): Promise<number> {
  // The command comes first, as its options are its own.
  const [first, ...rest] = args
  const name = first === undefined || first.startsWith('-') ? undefined : first
  const command = name === undefined || name === 'help' ? undefined : commandOf(name)
  const given = readArguments(name === undefined ? args : rest, command)
  if (given.values.version) console.log(packageVersion())
  else if (given.values.help || name === 'help') console.log(helpOf(name === 'help' ? given.operands[0] : name))
  else {
    const asked = command ?? commandOf(given.operands[0])
    if (command === undefined) throw new Misuse(`the command must come before its options`)
    checkOperands(name as string, asked, given.operands)
    return command.run(given)
  }
  return EXIT.ok
}

// Who reads what is printed may have seen enough, as `head` does: that is no failure of the command's.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  const isMisuse = error instanceof Misuse
  const text = error instanceof Error ? error.message : String(error)
  console.error(isMisuse ? `${text}\nguestmem help says how it is used.` : `guestmem: ${text}`)
  process.exitCode = isMisuse ? EXIT.misuse : EXIT.failed
}
