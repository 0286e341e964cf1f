import { labelOf, linesOf, type MtreeQuestion, sizeOf } from './mtree-nodes.ts'
import type { Mtree, MtreeBlock, MtreeNode } from './parse-mtree.ts'

/** For each tree, the line that its root's region is described by: its own, or one within a larger tree. */
export type Places = ReadonlyMap<MtreeBlock, MtreeNode>

/** The most regions that a question lists, where they may be as many as the text has lines. */
const MOST_LISTED = 16

/**
 * Finds regions that the text prints more than once: the targets of aliases, and the roots of spaces that are in a
 * container too, are printed where they are and again by themselves, from their address in the container on (RULES L6).
 * The same region is the line that has the same name, size, address, and the same in it.
 */
export function placeTrees(mtree: Mtree, questions: MtreeQuestion[]): Places {
  const places = new Map<MtreeBlock, MtreeNode>()
  const shapes = new Shapes()
  const index = new Map<string, Alike>()
  // The larger first: what is in no other tree stays, and the rest is found in it.
  const sizes = new Map(mtree.blocks.map(block => [block, shapes.add(block.root)]))
  const bySize = [...mtree.blocks].sort((a, b) => (sizes.get(b) ?? 0) - (sizes.get(a) ?? 0) || rank(a) - rank(b))
  for (const block of bySize) {
    const { root, kind } = block
    // Spaces of one root are printed together, so two trees of spaces are never of the same.
    const unlike = kind === 'address-space'
    const alike = index.get(shapes.placed(root, 0n))
    const found = unlike ? alike?.free : alike?.first
    const count = (unlike ? alike?.freeCount : alike?.count) ?? 0
    places.set(block, found ?? root)
    if (count > 1)
      questions.push({
        open: `which of ${count} regions that are printed alike the root of "${kind}: ${block.names[0]}" is`,
        assumed: 'the first',
        regions: (alike?.listed(unlike, MOST_LISTED) ?? []).map(labelOf),
      })
    if (found === undefined) indexShapes(root, shapes, index)
    if (unlike) index.get(shapes.placed(root, 0n))?.take(found ?? root)
  }
  return places
}

const rank = (block: MtreeBlock): number => (block.kind === 'address-space' ? 0 : 1)

/** Lines that are printed alike, in the order in which their trees were looked at. */
class Alike {
  readonly #nodes: MtreeNode[] = []
  /** Those that are the root of a space. */
  readonly #taken = new Set<MtreeNode>()
  #firstFree = 0

  add(node: MtreeNode): void {
    this.#nodes.push(node)
  }

  /** Makes one of them, the first that is free or the latest, the root of a space. */
  take(node: MtreeNode): void {
    this.#taken.add(node)
  }

  get first(): MtreeNode | undefined {
    return this.#nodes[0]
  }

  get count(): number {
    return this.#nodes.length
  }

  /** The first that is the root of no space yet. */
  get free(): MtreeNode | undefined {
    while (this.#firstFree < this.#nodes.length && this.#taken.has(this.#nodes[this.#firstFree] as MtreeNode))
      this.#firstFree++
    return this.#nodes[this.#firstFree]
  }

  get freeCount(): number {
    return this.#nodes.length - this.#taken.size
  }

  /** The first of them, at most `most`. */
  listed(free: boolean, most: number): MtreeNode[] {
    const listed: MtreeNode[] = []
    for (let i = free ? this.#firstFree : 0; i < this.#nodes.length && listed.length < most; i++) {
      const node = this.#nodes[i] as MtreeNode
      if (!free || !this.#taken.has(node)) listed.push(node)
    }
    return listed
  }
}

/**
 * Numbers trees so that two have the same number where they say the same of the same region, wherever they are printed.
 * A number takes the place of what is in a region, so that a tree costs what its lines cost, however deep it is.
 */
class Shapes {
  readonly #numbers = new Map<string, number>()
  readonly #shapes = new Map<MtreeNode, number>()

  /** @returns How many lines the tree has. */
  add(root: MtreeNode): number {
    const lines = [...linesOf([root])]
    // What is under a line comes behind it, so from the end on it is numbered before it.
    for (let i = lines.length - 1; i >= 0; i--) {
      const node = lines[i] as MtreeNode
      const { priority, type, nonvolatile, name, alias, children, start } = node
      const own = `${sizeOf(node)} ${priority} ${type} ${nonvolatile} ${name.length} ${name}`
      const shown = alias === undefined ? '' : `@${alias.offset} ${alias.name.length} ${alias.name}`
      const shape = `${own}${shown}(${children.map(child => this.placed(child, start)).join()})`
      const number = this.#numbers.get(shape) ?? this.#numbers.size
      this.#numbers.set(shape, number)
      this.#shapes.set(node, number)
    }
    return lines.length
  }

  /** The shape of a tree that was added, and where it is in the region that begins at `base`. */
  placed(node: MtreeNode, base: bigint): string {
    return `${node.start - base}:${this.#shapes.get(node)}`
  }
}

/** Makes all lines of a tree known by their shapes, but for aliases: a tree that is printed again is of none. */
function indexShapes(root: MtreeNode, shapes: Shapes, index: Map<string, Alike>): void {
  const bases = new Map<MtreeNode, bigint>()
  for (const node of linesOf([root])) {
    for (const child of node.children) bases.set(child, node.start)
    if (node.alias !== undefined) continue
    const placed = shapes.placed(node, bases.get(node) ?? 0n)
    const alike = index.get(placed)
    if (alike !== undefined) alike.add(node)
    else {
      const first = new Alike()
      first.add(node)
      index.set(placed, first)
    }
  }
}
