import { AliasCandidates } from './alias-candidates.ts'
import { labelOf, linesOf, type MtreeQuestion } from './mtree-nodes.ts'
import type { Places } from './mtree-places.ts'
import type { Mtree, MtreeNode } from './parse-mtree.ts'

/**
 * Finds the target of each alias, of which the text gives the name alone: the targets are printed in the order in which
 * aliases of them are (RULES L4).
 *
 * @returns By alias, the line of its target; none where that is not in the text.
 */
export function resolveAliases(mtree: Mtree, places: Places, questions: MtreeQuestion[]): Map<MtreeNode, MtreeNode> {
  const resolved = new Map<MtreeNode, MtreeNode>()
  const finalTargets = new FinalTargets()
  const candidates = new AliasCandidates(
    mtree.blocks.filter(block => block.kind === 'memory-region'),
    places,
  )
  let byName: Map<string, MtreeNode> | undefined
  for (const node of linesOf(mtree.blocks.map(({ root }) => root))) {
    if (node.alias === undefined) continue
    const { name } = node.alias
    const choice = candidates.choose(node)
    let target = choice && places.get(choice.block)
    if (choice === undefined) {
      byName ??= firstByName(mtree)
      target = byName.get(name)
      questions.push({
        open: `what ${name} is, which has no "memory-region:" in the text`,
        assumed: target === undefined ? 'nothing is there' : `the region in line ${target.line}`,
        regions: [labelOf(node)],
      })
    } else if (choice.candidates > 1)
      questions.push({
        open: `which of ${choice.candidates} regions named ${name} an alias is of`,
        assumed: `the one printed in line ${choice.block.root.line}`,
        regions: [labelOf(node)],
      })
    if (target !== undefined && finalTargets.join(node, target)) resolved.set(node, target)
  }
  return resolved
}

/** The first line of each name that is no alias, for a text that ends before the targets. */
function firstByName(mtree: Mtree): Map<string, MtreeNode> {
  const first = new Map<string, MtreeNode>()
  for (const node of linesOf(mtree.blocks.map(({ root }) => root)))
    if (node.alias === undefined && !first.has(node.name)) first.set(node.name, node)
  return first
}

/** What aliases are of in the end, by way of others: a line that is no alias, or an alias of nothing so far. */
class FinalTargets {
  readonly #next = new Map<MtreeNode, MtreeNode>()

  /**
   * Makes `target` what `alias` is of.
   *
   * @returns False where that would be the alias itself, by way of others: QEMU has no such loop (RULES A6).
   */
  join(alias: MtreeNode, target: MtreeNode): boolean {
    const last = this.#last(target)
    if (last === alias) return false
    this.#next.set(alias, last)
    return true
  }

  /** Has every alias on the way point to the end of it, so that long chains are walked once. */
  #last(node: MtreeNode): MtreeNode {
    const way: MtreeNode[] = []
    let last = node
    for (let next = this.#next.get(last); next !== undefined; next = this.#next.get(last)) {
      way.push(last)
      last = next
    }
    for (const each of way) this.#next.set(each, last)
    return last
  }
}
