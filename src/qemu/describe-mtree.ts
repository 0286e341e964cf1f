import type { MachineDescription, RegionDescription, SpaceDescription } from './description.ts'
import { resolveAliases } from './mtree-aliases.ts'
import { type MtreeQuestion, partChildren, sizeOf } from './mtree-nodes.ts'
import { placeTrees } from './mtree-places.ts'
import { askOrder, askTerminates, askUnprinted } from './mtree-questions.ts'
import type { Mtree, MtreeNode } from './parse-mtree.ts'

/** The machine that a text describes. What is not in the text is taken to be as most machines have it, and is asked. */
export function describeMtree(mtree: Mtree, questions: MtreeQuestion[]): MachineDescription {
  const places = placeTrees(mtree, questions)
  const aliases = resolveAliases(mtree, places, questions)
  const describer = new Describer(aliases, questions)
  const spaces: SpaceDescription[] = []
  // Whole trees first: a root that is in another is described there.
  for (const [block, node] of places) if (node === block.root) describer.region(node, 0n)
  for (const block of mtree.blocks) {
    if (block.kind === 'memory-region') continue
    const index = describer.region(places.get(block) ?? block.root, 0n)
    for (const name of block.names) spaces.push({ name: named(name), root: index })
  }
  askUnprinted(mtree, questions)
  return { regions: describer.finished(), spaces, place: index => describer.place(index) }
}

/** What C prints for a name that is not there; regions and spaces of ours must have one. */
const named = (name: string): string => (name.trim() === '' ? '(null)' : name)

class Describer {
  readonly #regions: RegionDescription[] = []
  /** The numbers of the lines; 0 where there is none. */
  readonly #lines: number[] = []
  readonly #indexes = new Map<MtreeNode, number>()
  readonly #aliases: ReadonlyMap<MtreeNode, MtreeNode>
  readonly #questions: MtreeQuestion[]

  constructor(aliases: ReadonlyMap<MtreeNode, MtreeNode>, questions: MtreeQuestion[]) {
    this.#aliases = aliases
    this.#questions = questions
  }

  /**
   * Describes the region of a line, and all that is in it. It calls itself for each level: `parseMtree` takes no text
   * whose levels would be too many.
   *
   * @param base Where its container begins, as printed.
   */
  region(node: MtreeNode, base: bigint): number {
    const known = this.#indexes.get(node)
    if (known !== undefined) return known
    const index = this.#reserve(node.line)
    this.#indexes.set(node, index)
    const { inside, hidden } = partChildren(node)
    const subregions = inQueueOrder(inside).map(child => this.region(child, node.start))
    // An alias holds nothing: what is printed under it is in the alias' container.
    if (node.alias === undefined) {
      if (hidden.length > 0) subregions.push(this.disabledContainer(hidden, node.start))
      for (const child of node.children)
        if (child.alias !== undefined && child.children.length > 0)
          subregions.push(this.disabledContainer(child.children, node.start))
    }
    askOrder(inside, this.#questions)
    this.#regions[index] = {
      ...UNPRINTED,
      name: named(node.name),
      type: node.type,
      address: BigInt.asUintN(64, node.start - base),
      size: sizeOf(node),
      priority: node.priority,
      enabled: node.enabled,
      readonly: node.type === 'rom' && node.alias === undefined,
      nonvolatile: node.nonvolatile,
      terminates: node.alias === undefined && node.type === 'i/o' && askTerminates(node, inside, this.#questions),
      subregions,
    }
    return index
  }

  /** Describes a disabled region that is not printed, and holds these. */
  disabledContainer(nodes: readonly MtreeNode[] = [], base = 0n): number {
    const index = this.#reserve(nodes[0]?.line ?? 0)
    const subregions = nodes.map(node => this.region(node, base))
    this.#regions[index] = { ...UNPRINTED, enabled: false, subregions }
    return index
  }

  /** All regions, with the aliases' targets, which may come later than they. */
  finished(): RegionDescription[] {
    for (const [node, index] of this.#indexes) {
      const { alias } = node
      if (alias === undefined) continue
      const target = this.#aliases.get(node)
      const found = target === undefined ? this.disabledContainer() : this.region(target, 0n)
      this.#regions[index] = {
        ...(this.#regions[index] as RegionDescription),
        alias: { target: found, offset: alias.offset },
      }
    }
    return this.#regions
  }

  place(index: number): string {
    const line = this.#lines[index]
    return line === undefined || line === 0 ? 'a region that the text does not print' : `line ${line} of text`
  }

  /** A place in the list, for a region whose subregions come behind it. */
  #reserve(line: number): number {
    this.#lines.push(line)
    return this.#regions.push(UNPRINTED) - 1
  }
}

/** A region of which the text says nothing. */
const UNPRINTED: RegionDescription = {
  name: 'not printed',
  type: 'i/o',
  address: 0n,
  size: 2n ** 64n,
  priority: 0,
  enabled: true,
  readonly: false,
  nonvolatile: false,
  terminates: false,
  subregions: [],
  alias: undefined,
}

/**
 * By descending priority. The text has lost the order of equals that begin at different addresses (RULES L2): boards
 * map most regions in ascending order, so of two that overlap the later one wins.
 */
function inQueueOrder(nodes: readonly MtreeNode[]): MtreeNode[] {
  return [...nodes].sort((a, b) => {
    if (a.priority !== b.priority) return b.priority - a.priority
    return a.start === b.start ? 0 : a.start < b.start ? 1 : -1
  })
}
