import type { Mtree, MtreeBlock, MtreeNode } from './parse-mtree.ts'

/** Something that the text leaves open. */
export interface MtreeQuestion {
  /** What can't be told. */
  readonly open: string
  /** What was taken for true. */
  readonly assumed: string
  /** Of the regions that it is about, each as its line's number and its name. */
  readonly regions: readonly string[]
}

export const labelOf = (node: MtreeNode): string => `${node.line}: ${node.name}`

/** Bytes; what is printed as one byte may have none (RULES L3). */
export const sizeOf = (node: MtreeNode): bigint => node.end - node.start + 1n

/** All of a block's lines, in the order of the text. */
export function* linesOf(nodes: readonly MtreeNode[]): Generator<MtreeNode> {
  for (const node of nodes) {
    yield node
    yield* linesOf(node.children)
  }
}

/** Some of them within `parent`'s addresses. */
export function within(parent: MtreeNode, child: MtreeNode): boolean {
  return child.start <= parent.end && child.end >= parent.start
}

/**
 * The lines under one that are in a disabled region which is not printed, and only look as if they were in this one
 * (RULES L1): they are two steps deeper, are under an alias, or have no address in common with it, none of them.
 */
export function strangersUnder(node: MtreeNode): readonly MtreeNode[] {
  const { children } = node
  if (node.alias !== undefined) return children
  const deeper = children.filter(child => child.depth > node.depth + 1)
  const next = children.filter(child => child.depth === node.depth + 1)
  return next.some(child => within(node, child)) ? deeper : children
}

/** The lines that are in the region of this one. */
export function childrenOf(node: MtreeNode): readonly MtreeNode[] {
  const strangers = strangersUnder(node)
  return node.children.filter(child => !strangers.includes(child))
}

/** A tree as text that says the same of the same region wherever it is printed. */
export function shapeOf(node: MtreeNode, base: bigint): string {
  const own = `${node.start - base} ${sizeOf(node)} ${node.priority} ${node.type} ${node.nonvolatile} ${node.name}`
  const alias = node.alias ? `@${node.alias.name} ${node.alias.offset}` : ''
  return `(${own} ${alias} ${node.children.map(child => shapeOf(child, node.start)).join('')})`
}

/** For each tree, the line that its root's region is described by: its own, or one within a larger tree. */
export type Places = ReadonlyMap<MtreeBlock, MtreeNode>

/**
 * Finds regions that the text prints more than once: the targets of aliases, and the roots of spaces that are in a
 * container too, are printed where they are and again by themselves, from their address in the container on (RULES L6).
 * The same region is the line that has the same name, size, address, and the same in it.
 */
export function placeTrees(mtree: Mtree, questions: MtreeQuestion[]): Places {
  const places = new Map<MtreeBlock, MtreeNode>()
  const roots = new Set<MtreeNode>()
  const byShape = new Map<string, MtreeNode[]>()
  // The larger first: what is in no other tree stays, and the rest is found in it.
  const lines = new Map(mtree.blocks.map(block => [block, [...linesOf([block.root])].length]))
  const bySize = [...mtree.blocks].sort((a, b) => (lines.get(b) ?? 0) - (lines.get(a) ?? 0) || rank(a) - rank(b))
  for (const block of bySize) {
    const { root } = block
    // Spaces of one root are printed together, so two trees of spaces are never of the same.
    const same = byShape.get(shapeOf(root, 0n)) ?? []
    const found = block.kind === 'memory-region' ? same : same.filter(node => !roots.has(node))
    places.set(block, found[0] ?? root)
    if (found[0] === undefined) indexShapes([root], 0n, byShape)
    if (block.kind === 'address-space') roots.add(found[0] ?? root)
    if (found.length > 1)
      questions.push({
        open: `which of several regions that are printed alike the root of "${block.kind}: ${block.names[0]}" is`,
        assumed: 'the first',
        regions: found.map(labelOf),
      })
  }
  return places
}

const rank = (block: MtreeBlock): number => (block.kind === 'address-space' ? 0 : 1)

function indexShapes(nodes: readonly MtreeNode[], base: bigint, byShape: Map<string, MtreeNode[]>): void {
  for (const node of nodes) {
    if (node.alias === undefined) {
      const shape = shapeOf(node, base)
      const same = byShape.get(shape)
      if (same === undefined) byShape.set(shape, [node])
      else same.push(node)
    }
    indexShapes(node.children, node.start, byShape)
  }
}
