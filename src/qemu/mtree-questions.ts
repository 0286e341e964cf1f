import { childrenOf, labelOf, linesOf, type MtreeQuestion } from './mtree-nodes.ts'
import type { Mtree, MtreeNode } from './parse-mtree.ts'

/** Devices that answer where no region in them does, as the recordings have them. */
const ANSWERS = /^(?:io|rtc|iocsr|gpex_mmio_window|gpex_ioport_window)$/

/** What holds nothing yet, and is no device: the bus of a machine without one, or before the guest maps something. */
const HOLDS =
  /^(?:system|smram|device-memory|platform bus|.* container|pci_bridge_(?:io|pci)|gpex_(?:mmio|ioport)|(?:unin-)?pci\d?[-_. ](?:mem|memory|mmio|io|bus memory))$/

/** Whether a region of type i/o answers accesses itself: most that hold nothing do, most that hold others don't. */
export function askTerminates(node: MtreeNode, questions: MtreeQuestion[]): boolean {
  if (node.container) return false
  const holds = childrenOf(node).length > 0
  const answers = holds ? ANSWERS.test(node.name) : !HOLDS.test(node.name)
  if (holds || !answers)
    questions.push({
      open: 'whether it answers accesses itself, or only holds regions',
      assumed: answers ? 'it answers' : 'it does not answer',
      regions: [labelOf(node)],
    })
  return answers
}

/** Overlapping siblings of one priority that begin at different addresses: which one is seen? */
export function askOrder(siblings: readonly MtreeNode[], questions: MtreeQuestion[]): void {
  for (const [index, first] of siblings.entries())
    for (const second of siblings.slice(index + 1)) {
      const apart = first.end < second.start || second.end < first.start
      if (apart || first.priority !== second.priority || first.start === second.start) continue
      if (!first.enabled || !second.enabled) continue
      const later = first.start > second.start ? first : second
      questions.push({
        open: 'which of two overlapping regions of one priority is seen',
        assumed: `${later.name}, which begins later`,
        regions: [labelOf(first), labelOf(second)],
      })
    }
}

/** What no text of this kind says. */
export function askUnprinted(mtree: Mtree, questions: MtreeQuestion[]): void {
  const all = [...linesOf(mtree.blocks.map(({ root }) => root))]
  const ask = (open: string, assumed: string, nodes: readonly MtreeNode[]): void => {
    if (nodes.length > 0) questions.push({ open, assumed, regions: nodes.map(labelOf) })
  }
  ask(
    'whether an alias of RAM is readonly',
    'it is not',
    all.filter(({ alias, type }) => alias !== undefined && type === 'ram'),
  )
  ask(
    'whether a region of one byte has none',
    'it has one',
    all.filter(({ start, end }) => start === end),
  )
  if (!mtree.disabled)
    questions.push({
      open: 'which regions are disabled: without -D they are not printed, and what is in them looks as if it were in the one above',
      assumed: 'those that lines two steps deeper, lines under an alias, and lines outside the one above them are in',
      regions: [],
    })
}
