import { labelOf, linesOf, type MtreeQuestion } from './mtree-nodes.ts'
import { overlappingPairs } from './overlapping-siblings.ts'
import type { Mtree, MtreeNode } from './parse-mtree.ts'

/** Names of devices in QEMU's boards that answer where no region in them does. */
const ANSWERS = /^(?:io|rtc|iocsr|gpex_mmio_window|gpex_ioport_window)$/

/** Names of what holds no region and is no device: the bus of a machine without one, or before the guest maps something. */
const EMPTY_CONTAINERS =
  /^(?:system|smram|device-memory|platform bus|pci_bridge_(?:io|pci)|gpex_(?:mmio|ioport)|(?:unin-)?pci\d?[-_. ](?:mem|memory|mmio|io|bus memory))$/

const isEmptyContainer = (name: string): boolean => name.endsWith(' container') || EMPTY_CONTAINERS.test(name)

/**
 * Whether a region of type i/o answers accesses itself: most that hold no region do, most that hold some don't.
 *
 * @param inside The lines that are in it.
 */
export function askTerminates(node: MtreeNode, inside: readonly MtreeNode[], questions: MtreeQuestion[]): boolean {
  if (node.container) return false
  const holds = inside.length > 0
  const answers = holds ? ANSWERS.test(node.name) : !isEmptyContainer(node.name)
  if (holds || !answers)
    questions.push({
      open: 'whether it answers accesses itself, or only holds regions',
      assumed: answers ? 'it answers' : 'it does not answer',
      regions: [labelOf(node)],
    })
  return answers
}

/** So many pairs are listed, and four for each sibling: of some hundred siblings that all overlap, every one. */
const MORE_PAIRS = 4096

/** Overlapping siblings of one priority that begin at different addresses: which one is seen? */
export function askOrder(siblings: readonly MtreeNode[], questions: MtreeQuestion[]): void {
  const { pairs, more } = overlappingPairs(siblings, 4 * siblings.length + MORE_PAIRS)
  for (const [first, second] of pairs) {
    const later = first.start > second.start ? first : second
    questions.push({
      open: 'which of two overlapping regions of one priority is seen',
      assumed: `${later.name}, which begins later`,
      regions: [labelOf(first), labelOf(second)],
    })
  }
  if (more)
    questions.push({
      open: 'which of two overlapping regions of one priority is seen, of more pairs than are listed',
      assumed: 'the one that begins later',
      regions: [],
    })
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
