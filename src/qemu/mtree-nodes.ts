import type { MtreeNode } from './parse-mtree.ts'

/** Something that the text leaves open. */
export interface MtreeQuestion {
  /** What can't be told. */
  readonly open: string
  /** What was taken for true. */
  readonly assumed: string
  /** Of the regions that it is about, each as its line's number and its name; of very many the first ones. */
  readonly regions: readonly string[]
}

export const labelOf = (node: MtreeNode): string => `${node.line}: ${node.name}`

/**
 * Bytes, 1 to 2^64. What is printed as one byte may have none (RULES L3); an end is printed modulo 2^64, as an address
 * of 64 bits.
 */
export const sizeOf = (node: MtreeNode): bigint => BigInt.asUintN(64, node.end - node.start) + 1n

/** All lines of some trees, in the order of the text. */
export function* linesOf(roots: readonly MtreeNode[]): Generator<MtreeNode> {
  const ahead = [...roots].reverse()
  for (let node = ahead.pop(); node !== undefined; node = ahead.pop()) {
    yield node
    for (let i = node.children.length - 1; i >= 0; i--) ahead.push(node.children[i] as MtreeNode)
  }
}

/** Some of a child's addresses, as printed, are among those of its parent. */
function within(parent: MtreeNode, child: MtreeNode): boolean {
  return child.start <= parent.end && child.end >= parent.start
}

/**
 * The lines under one, parted: `inside` are in its region; `hidden` are in a disabled region which is not printed, and
 * only look as if they were in this one (RULES L1). Those are two steps deeper, or under an alias, or under a line that
 * has no address in common with any of them.
 */
export function partChildren(node: MtreeNode): { inside: readonly MtreeNode[]; hidden: readonly MtreeNode[] } {
  const { children } = node
  if (node.alias === undefined) {
    const inside = children.filter(child => child.depth === node.depth + 1)
    if (inside.some(child => within(node, child)))
      return { inside, hidden: children.filter(child => child.depth > node.depth + 1) }
  }
  return { inside: [], hidden: children }
}
