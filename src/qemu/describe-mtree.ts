import type { MachineDescription, RegionDescription, SpaceDescription } from './description.ts'
import { resolveAliases } from './mtree-aliases.ts'
import { childrenOf, type MtreeQuestion, placeTrees, sizeOf, strangersUnder } from './mtree-nodes.ts'
import { askOrder, askTerminates, askUnprinted } from './mtree-questions.ts'
import type { Mtree, MtreeNode } from './parse-mtree.ts'

const ALL = 2n ** 64n

/** What is not in the text is taken to be as most machines have it; `questions` says where that was done. */
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
    for (const name of block.names) spaces.push({ name, root: index })
  }
  askUnprinted(mtree, questions)
  return { regions: describer.finished(), spaces }
}

class Describer {
  readonly #regions: RegionDescription[] = []
  readonly #indexes = new Map<MtreeNode, number>()
  readonly #aliases: ReadonlyMap<MtreeNode, MtreeNode>
  readonly #questions: MtreeQuestion[]

  constructor(aliases: ReadonlyMap<MtreeNode, MtreeNode>, questions: MtreeQuestion[]) {
    this.#aliases = aliases
    this.#questions = questions
  }

  /** The region of a line, and all that is in it. @param base Where its container begins, as printed. */
  region(node: MtreeNode, base: bigint): number {
    const known = this.#indexes.get(node)
    if (known !== undefined) return known
    const index = this.#reserve(node)
    const subregions = inQueueOrder(childrenOf(node)).map(child => this.region(child, node.start))
    // An alias holds nothing: what is under it is in its container.
    for (const each of node.alias === undefined ? [node, ...node.children.filter(({ alias }) => alias)] : []) {
      const strangers = strangersUnder(each)
      if (strangers.length > 0) subregions.push(this.hidden(strangers, node.start))
    }
    askOrder(childrenOf(node), this.#questions)
    this.#regions[index] = {
      ...PLAIN,
      name: node.name,
      type: node.type,
      address: BigInt.asUintN(64, node.start - base),
      size: sizeOf(node),
      priority: node.priority,
      enabled: node.enabled,
      readonly: node.type === 'rom' && node.alias === undefined,
      nonvolatile: node.nonvolatile,
      terminates: node.alias === undefined && node.type === 'i/o' && askTerminates(node, this.#questions),
      subregions,
    }
    return index
  }

  /** A disabled region that is not printed, and holds these. */
  hidden(nodes: readonly MtreeNode[] = [], base = 0n): number {
    const index = this.#regions.push(PLAIN) - 1
    const subregions = nodes.map(node => this.region(node, base))
    this.#regions[index] = { ...PLAIN, enabled: false, subregions }
    return index
  }

  /** All regions, with the aliases' targets, which may come later than they. */
  finished(): RegionDescription[] {
    for (const [node, index] of this.#indexes) {
      const { alias } = node
      if (alias === undefined) continue
      const target = this.#aliases.get(node)
      const found = target === undefined ? this.hidden() : this.region(target, 0n)
      this.#regions[index] = {
        ...(this.#regions[index] as RegionDescription),
        alias: { target: found, offset: alias.offset },
      }
    }
    return this.#regions
  }

  #reserve(node: MtreeNode): number {
    const index = this.#regions.push(PLAIN) - 1
    this.#indexes.set(node, index)
    return index
  }
}

const PLAIN: RegionDescription = {
  name: 'not printed',
  type: 'i/o',
  address: 0n,
  size: ALL,
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
