import type { ParseArgsConfig } from 'node:util'

/** How the process ends. What 1 and 2 mean is said in each command's help; 0, 3 and 4 mean the same of all. */
export const EXIT = { ok: 0, no: 1, unshown: 2, misuse: 3, failed: 4 } as const

/** A mistake in the arguments, as the user is told of it. */
export class Misuse extends Error {}

/** What stands on the command line behind the command's name. */
export interface Given {
  /** The options by their names: those of the command alone, and of no other type than it says. */
  readonly values: Readonly<Record<string, string | boolean | undefined>>
  readonly operands: readonly string[]
}

/** A command of the command line. */
export interface Command {
  /** One line for the list of all commands. */
  readonly summary: string
  /** What `--help` prints: how it is called, what it does, how it ends. */
  readonly help: string
  readonly options: NonNullable<ParseArgsConfig['options']>
  /**
   * The names of its operands, as an error tells them; a last one that ends in `...` stands for one or more, and one in
   * brackets may be left out.
   */
  readonly operands: readonly string[]
  /** Options whose value may be left out, and what they have then. */
  readonly optionalValues?: Readonly<Record<string, string>>
  /** @returns The exit code. @throws Misuse */
  run(given: Given): Promise<number> | number
}

/** What the help of every command ends with. */
export const ENDS: string = `${EXIT.misuse} for a mistake in the arguments, ${EXIT.failed} where a file can't be read or is not what it should be`

/** An option's text. */
export function textOf({ values }: Given, name: string): string | undefined {
  const value = values[name]
  return typeof value === 'string' ? value : undefined
}
