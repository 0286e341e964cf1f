import { type MtreeMachine, machineFromJson, machineFromMtree } from '../qemu/qemu.ts'
import { Misuse } from './command.ts'
import { readInput } from './read-input.ts'

export type Space = MtreeMachine['spaces'][number]

/** A machine, and what its file leaves open. */
export interface ReadMachine extends Pick<MtreeMachine, 'spaces' | 'unreachable' | 'questions'> {
  readonly path: string
}

/**
 * Builds the machine that a file describes: JSON if it begins with a brace, else what `info mtree` prints.
 *
 * @throws Error, with the path before its text.
 */
export async function readMachine(path: string): Promise<ReadMachine> {
  try {
    const text = await readInput(path)
    const machine = /^\s*\{/.test(text.slice(0, 4096)) ? machineFromJson(text) : machineFromMtree(text)
    const questions = 'questions' in machine ? (machine as MtreeMachine).questions : []
    return { path, spaces: machine.spaces, unreachable: machine.unreachable, questions }
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`, { cause: error })
  }
}

/** The space of a name; without one `memory`, and the first of a machine that has none. @throws Misuse */
export function spaceOf({ spaces, path }: ReadMachine, name: string | undefined): Space {
  const found = spaces.find(space => space.name === (name ?? 'memory')) ?? (name === undefined ? spaces[0] : undefined)
  if (found !== undefined) return found
  if (spaces.length === 0) throw new Error(`${path} has no address space`)
  throw new Misuse(`--space must be one of ${spaceNames(spaces)} in ${path}, got ${JSON.stringify(name)}`)
}

const MOST_NAMES = 20

function spaceNames(spaces: readonly Space[]): string {
  const names = [...new Set(spaces.map(({ name }) => JSON.stringify(name.slice(0, 80))))]
  return names.slice(0, MOST_NAMES).join(', ') + (names.length > MOST_NAMES ? ', ...' : '')
}
