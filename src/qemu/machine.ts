import { buildMachine, type MachineOptions, type QemuMachine } from './build.ts'
import { readCorpus } from './corpus.ts'
import { describeMtree } from './describe-mtree.ts'
import type { MtreeQuestion } from './mtree-nodes.ts'
import { parseMtree } from './parse-mtree.ts'

/**
 * Builds a machine from a description of its region tree in the format qemu-mtree-corpus/1: every region, and the
 * address spaces that show them. RAM is allocated as it is accessed.
 *
 * @param json The text, or what JSON.parse made of it.
 * @throws TypeError naming the field that is not as it must be; SyntaxError where the text is no JSON.
 */
export function machineFromJson(json: unknown, options?: MachineOptions): QemuMachine {
  return buildMachine(readCorpus(json), options)
}

export interface MtreeMachine extends QemuMachine {
  /** What the text leaves open, and what was assumed. */
  readonly questions: readonly MtreeQuestion[]
  /** Lines of the text that were passed over. */
  readonly ignored: readonly string[]
}

/**
 * Builds a machine from what QEMU's monitor prints for `info mtree`. Some things are not in that text (RULES L):
 * `questions` lists them.
 *
 * @throws TypeError where `text` is no string; RangeError where there is no region in it.
 */
export function machineFromMtree(text: string, options?: MachineOptions): MtreeMachine {
  const mtree = parseMtree(text)
  const questions: MtreeQuestion[] = []
  const machine = buildMachine(describeMtree(mtree, questions), options, region =>
    questions.push({
      open: 'what an alias is of: with what was assumed, this would show itself without end',
      assumed: 'nothing is there',
      regions: [region.name],
    }),
  )
  return { ...machine, questions, ignored: mtree.ignored }
}
