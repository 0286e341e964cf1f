import { buildMachine, type QemuMachine } from './build.ts'
import { describeMtree } from './describe-mtree.ts'
import { readMachineJson } from './machine-json.ts'
import { checkMachineOptions, type MachineOptions } from './machine-options.ts'
import type { MtreeQuestion } from './mtree-nodes.ts'
import { parseMtree } from './parse-mtree.ts'

/**
 * Builds a machine from a description of its region tree in the format qemu-mtree-corpus/1: every region, and the
 * address spaces that show them. RAM is allocated as it is accessed.
 *
 * Time and memory grow with the length of the file. Refused are regions nested more than 256 deep, aliases of more than
 * 256 aliases, memory of more than 64 TiB in all, and what would show more than 2^20 ranges at 2^53 and above.
 *
 * @param json The text, or what JSON.parse made of it.
 * @throws TypeError naming the field that is not as it must be, or the option; RangeError where the machine is too large,
 *   or would show itself without end; SyntaxError where the text is no JSON.
 */
export function machineFromJson(json: unknown, options?: MachineOptions): QemuMachine {
  const checked = checkMachineOptions(options)
  return buildMachine(readMachineJson(json), checked)
}

/** A machine that was built from the text of `info mtree`, and what that text leaves open. */
export interface MtreeMachine extends QemuMachine {
  /** What the text leaves open, and what was assumed. */
  readonly questions: readonly MtreeQuestion[]
  /** Lines of the text that were passed over. */
  readonly ignored: readonly string[]
}

/**
 * Builds a machine from what QEMU's monitor prints for `info mtree`. Some things are not in that text (RULES L):
 * `questions` lists them. What `machineFromJson` refuses is refused here, with the number of the line.
 *
 * @throws TypeError where `text` is no string, or an option is not as it must be; RangeError where there is no region in
 *   the text, or the machine is too large.
 */
export function machineFromMtree(text: string, options?: MachineOptions): MtreeMachine {
  const checked = checkMachineOptions(options)
  const mtree = parseMtree(text)
  const questions: MtreeQuestion[] = []
  const machine = buildMachine(describeMtree(mtree, questions), checked, region =>
    questions.push({
      open: 'what an alias is of: with what was assumed, this would show itself without end',
      assumed: 'nothing is there',
      regions: [region.name],
    }),
  )
  return { ...machine, questions, ignored: mtree.ignored }
}
