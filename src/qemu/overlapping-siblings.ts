import { sizeOf } from './mtree-nodes.ts'
import type { MtreeNode } from './parse-mtree.ts'

/** Two regions in one container of which the text does not tell which one is seen, in the order of the text. */
export type OverlappingPair = readonly [MtreeNode, MtreeNode]

interface Placed {
  readonly node: MtreeNode
  readonly index: number
  /** The address behind the last. */
  readonly end: bigint
}

/**
 * Finds enabled siblings of one priority that overlap and begin at different addresses.
 *
 * @param most How many pairs at most: n regions may be n^2 pairs.
 * @returns The pairs in the order of the text, and whether there are more.
 */
export function overlappingPairs(
  siblings: readonly MtreeNode[],
  most: number,
): { readonly pairs: readonly OverlappingPair[]; readonly more: boolean } {
  const found: [Placed, Placed][] = []
  let more = false
  for (const placed of byPriority(siblings)) {
    more = !sweep(placed, most, found)
    if (more) break
  }
  const inOrder = found.map(([a, b]) => (a.index < b.index ? ([a, b] as const) : ([b, a] as const)))
  inOrder.sort(([a, b], [c, d]) => a.index - c.index || b.index - d.index)
  return { pairs: inOrder.map(([a, b]) => [a.node, b.node]), more }
}

function byPriority(siblings: readonly MtreeNode[]): Iterable<Placed[]> {
  const groups = new Map<number, Placed[]>()
  for (const [index, node] of siblings.entries()) {
    if (!node.enabled) continue
    const placed = { node, index, end: node.start + sizeOf(node) }
    const group = groups.get(node.priority)
    if (group === undefined) groups.set(node.priority, [placed])
    else group.push(placed)
  }
  return groups.values()
}

/**
 * Goes through regions by their starts. Those that reach over the next start are pairs with all that begin there, so each
 * step gives a pair or lets go of a region.
 *
 * @returns False where there are more than `most` pairs.
 */
function sweep(placed: Placed[], most: number, found: [Placed, Placed][]): boolean {
  placed.sort((a, b) => (a.node.start === b.node.start ? a.index - b.index : a.node.start < b.node.start ? -1 : 1))
  let reaching: Placed[] = []
  for (let at = 0; at < placed.length; ) {
    const { start } = (placed[at] as Placed).node
    let behind = at
    while (behind < placed.length && (placed[behind] as Placed).node.start === start) behind++
    reaching = reaching.filter(({ end }) => end > start)
    for (const before of reaching)
      for (let i = at; i < behind; i++) {
        if (found.length >= most) return false
        found.push([before, placed[i] as Placed])
      }
    for (; at < behind; at++) reaching.push(placed[at] as Placed)
  }
  return true
}
