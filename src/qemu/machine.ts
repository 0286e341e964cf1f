import { buildMachine, type MachineOptions, type QemuMachine } from './build.ts'
import { readCorpus } from './corpus.ts'

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
