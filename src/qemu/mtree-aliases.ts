import { labelOf, linesOf, type MtreeQuestion, type Places, sizeOf } from './mtree-nodes.ts'
import type { Mtree, MtreeBlock, MtreeNode } from './parse-mtree.ts'

/**
 * Finds the target of each alias, of which the text gives the name alone: the targets are printed in the order in which
 * aliases of them are (RULES L4).
 *
 * @returns By alias, the line of its target; none where that is not in the text.
 */
export function resolveAliases(mtree: Mtree, places: Places, questions: MtreeQuestion[]): Map<MtreeNode, MtreeNode> {
  const resolved = new Map<MtreeNode, MtreeNode>()
  const targets = mtree.blocks.filter(block => block.kind === 'memory-region')
  const found = new Set<MtreeBlock>()
  for (const node of linesOf(mtree.blocks.map(({ root }) => root))) {
    if (node.alias === undefined) continue
    const block = chooseTarget(node, targets, found, places, questions)
    const target = block === undefined ? anywhere(node, mtree, questions) : places.get(block)
    if (block !== undefined) found.add(block)
    if (target !== undefined && !reaches(target, node, resolved)) resolved.set(node, target)
  }
  return resolved
}

function chooseTarget(
  node: MtreeNode,
  targets: readonly MtreeBlock[],
  found: ReadonlySet<MtreeBlock>,
  places: Places,
  questions: MtreeQuestion[],
): MtreeBlock | undefined {
  const named = targets.filter(({ names }) => names[0] === node.alias?.name)
  if (named.length < 2) return named[0]
  const fitting = named.filter(block => fits(node, places.get(block) as MtreeNode))
  const choices = fitting.length > 0 ? fitting : named
  // The next that is printed must have an alias by now, if another that is printed later has one.
  const next = targets.find(block => !found.has(block))
  const latest = [...choices].reverse().find(block => found.has(block))
  const chosen = choices.find(block => block === next) ?? latest ?? choices[0]
  if (choices.length > 1)
    questions.push({
      open: `which of ${choices.length} regions named ${node.alias?.name} an alias is of`,
      assumed: `the one printed in line ${chosen?.root.line}`,
      regions: [labelOf(node)],
    })
  return chosen
}

/** It has the alias' type, and what the alias shows (RULES A5). */
function fits(node: MtreeNode, target: MtreeNode): boolean {
  const { offset } = node.alias as NonNullable<MtreeNode['alias']>
  return target.type === node.type && offset + sizeOf(node) <= sizeOf(target)
}

/** A text that ends before the targets: by name, in the trees. */
function anywhere(node: MtreeNode, mtree: Mtree, questions: MtreeQuestion[]): MtreeNode | undefined {
  const all = [...linesOf(mtree.blocks.map(({ root }) => root))]
  const named = all.filter(({ name, alias }) => alias === undefined && name === node.alias?.name)
  questions.push({
    open: `what ${node.alias?.name} is, which has no "memory-region:" in the text`,
    assumed: named[0] === undefined ? 'nothing is there' : `the region in line ${named[0].line}`,
    regions: [labelOf(node)],
  })
  return named[0]
}

/** An alias in its own target, by way of others, would be wrongly resolved: QEMU has no such loop (RULES A6). */
function reaches(target: MtreeNode, alias: MtreeNode, resolved: ReadonlyMap<MtreeNode, MtreeNode>): boolean {
  let at: MtreeNode | undefined = target
  while (at?.alias !== undefined && at !== alias) at = resolved.get(at)
  return at === alias
}
