#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { COMMANDS, EXIT, HELP } from './help.ts'
import { Misuse, runLitmusCommand } from './litmus-command.ts'

/** @throws Misuse */
function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        minutes: { type: 'string' },
        seconds: { type: 'string' },
        json: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'v' },
      },
    })
  } catch (error) {
    throw new Misuse((error as Error).message)
  }
}

/** Of the package that this file is in: the command is built into a folder of it. */
function packageVersion(): string {
  return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version
}

/** The help of a command, or of all. @throws Misuse */
function helpOf(command: string | undefined): string {
  if (command === undefined) return HELP
  if (Object.hasOwn(COMMANDS, command)) return COMMANDS[command] as string
  throw new Misuse(`the command must be ${Object.keys(COMMANDS).join(' or ')}, got ${JSON.stringify(command)}`)
}

/** @returns The exit code. @throws Misuse */
async function main(): Promise<number> {
  const { values, positionals } = readArguments()
  const [command, ...rest] = positionals
  if (values.version) {
    console.log(packageVersion())
    return 0
  }
  if (values.help || command === 'help') {
    console.log(helpOf(command === 'help' ? rest[0] : command))
    return 0
  }
  if (command !== 'litmus') throw new Misuse(`the command must be litmus, got ${JSON.stringify(command ?? '')}`)
  if (rest.length > 0) throw new Misuse(`litmus takes options alone, got ${JSON.stringify(rest.join(' '))}`)
  return runLitmusCommand(values)
}

try {
  process.exitCode = await main()
} catch (error) {
  const isMisuse = error instanceof Misuse
  const text = error instanceof Error ? error.message : String(error)
  console.error(isMisuse ? `${text}\nguestmem help says how it is used.` : `guestmem: ${text}`)
  process.exitCode = isMisuse ? EXIT.misuse : EXIT.failed
}
