import { sizeOf } from './mtree-nodes.ts'
import type { Places } from './mtree-places.ts'
import type { MtreeBlock, MtreeNode } from './parse-mtree.ts'

/** Which `memory-region:` an alias is of. */
export interface AliasChoice {
  readonly block: MtreeBlock
  /** How many it may be of, as far as the alias itself tells. */
  readonly candidates: number
}

/**
 * The `memory-region:` blocks of a text, to be chosen from by aliases in the order of the text. A choice takes about the
 * logarithm of how many have the alias' name, so that a text full of one name takes no longer than another.
 */
export class AliasCandidates {
  readonly #blocks: readonly MtreeBlock[]
  readonly #places: Places
  readonly #named = new Map<string, Named>()
  readonly #chosen = new Set<MtreeBlock>()
  /** All blocks before it are chosen. */
  #firstUnchosen = 0

  /** @param blocks In the order of the text. */
  constructor(blocks: readonly MtreeBlock[], places: Places) {
    this.#blocks = blocks
    this.#places = places
    for (const [position, { names }] of blocks.entries()) {
      const name = names[0] as string
      const named = this.#named.get(name)
      if (named === undefined) this.#named.set(name, { positions: [position], latest: -1, bySize: undefined })
      else named.positions.push(position)
    }
  }

  /** Chooses for one alias; undefined where none has the name that it names. */
  choose(node: MtreeNode): AliasChoice | undefined {
    const { name, offset } = node.alias as NonNullable<MtreeNode['alias']>
    const named = this.#named.get(name)
    if (named === undefined) return undefined
    const [first] = named.positions as [number]
    if (named.positions.length === 1) return this.#choice(named, first, 1)
    named.bySize ??= this.#bySize(named)
    // A target has the alias' type, and what the alias shows (RULES A5). Where none has, any of that name may be it.
    const fitting = named.bySize.get(node.type)?.atLeast(offset + sizeOf(node))
    // The next that is printed must have an alias by now, if another that is printed later has one.
    while (this.#chosen.has(this.#blocks[this.#firstUnchosen] as MtreeBlock)) this.#firstUnchosen++
    const next = this.#blocks[this.#firstUnchosen]
    const candidates = fitting?.count ?? named.positions.length
    if (next?.names[0] === name && (fitting === undefined || fitting.has(this.#targetOf(next))))
      return this.#choice(named, this.#firstUnchosen, candidates)
    const latest = fitting?.latest ?? named.latest
    return this.#choice(named, latest === -1 ? (fitting?.first ?? first) : latest, candidates)
  }

  #choice(named: Named, position: number, candidates: number): AliasChoice {
    const block = this.#blocks[position] as MtreeBlock
    this.#chosen.add(block)
    named.latest = Math.max(named.latest, position)
    named.bySize?.get(this.#targetOf(block).type)?.choose(position)
    return { block, candidates }
  }

  #bySize({ positions }: Named): Map<string, TargetsBySize> {
    const byType = new Map<string, { position: number; size: bigint }[]>()
    for (const position of positions) {
      const target = this.#targetOf(this.#blocks[position] as MtreeBlock)
      const same = byType.get(target.type)
      const entry = { position, size: sizeOf(target) }
      if (same === undefined) byType.set(target.type, [entry])
      else same.push(entry)
    }
    return new Map([...byType].map(([type, targets]) => [type, new TargetsBySize(type, targets)]))
  }

  #targetOf(block: MtreeBlock): MtreeNode {
    return this.#places.get(block) ?? block.root
  }
}

/** The blocks of one name, by their positions in the text. */
interface Named {
  readonly positions: number[]
  /** The last that is chosen; -1 while none is. */
  latest: number
  /** By type; made when there are several to choose from. */
  bySize: Map<string, TargetsBySize> | undefined
}

/** The targets of one name and type that are large enough for an alias. */
interface LargeEnough {
  readonly count: number
  /** The position of the first, and of the last that is chosen: -1 while none is. */
  readonly first: number
  readonly latest: number
  has(target: MtreeNode): boolean
}

class TargetsBySize {
  readonly #type: string
  /** Descending. */
  readonly #sizes: readonly bigint[]
  /** How many are at least as large as the one at a position. */
  readonly #ranks: ReadonlyMap<number, number>
  /** Of so many of the largest, the lowest position. */
  readonly #first: readonly number[]
  /** A Fenwick tree: of so many of the largest, the highest position that is chosen. */
  readonly #latest: Int32Array

  constructor(type: string, targets: readonly { readonly position: number; readonly size: bigint }[]) {
    const sorted = [...targets].sort((a, b) => (a.size === b.size ? 0 : a.size < b.size ? 1 : -1))
    this.#type = type
    this.#sizes = sorted.map(({ size }) => size)
    this.#ranks = new Map(sorted.map(({ position }, index) => [position, index + 1]))
    let lowest = Number.POSITIVE_INFINITY
    this.#first = sorted.map(({ position }) => {
      lowest = Math.min(lowest, position)
      return lowest
    })
    this.#latest = new Int32Array(sorted.length + 1).fill(-1)
  }

  /** Those of at least `size` bytes; undefined where there is none. */
  atLeast(size: bigint): LargeEnough | undefined {
    let count = 0
    let smaller = this.#sizes.length
    while (count < smaller) {
      const middle = (count + smaller) >>> 1
      if ((this.#sizes[middle] as bigint) >= size) count = middle + 1
      else smaller = middle
    }
    if (count === 0) return undefined
    let latest = -1
    for (let at = count; at > 0; at -= at & -at) latest = Math.max(latest, this.#latest[at] as number)
    const has = (target: MtreeNode) => target.type === this.#type && sizeOf(target) >= size
    return { count, first: this.#first[count - 1] as number, latest, has }
  }

  choose(position: number): void {
    const rank = this.#ranks.get(position)
    if (rank === undefined) return
    for (let at = rank; at < this.#latest.length; at += at & -at)
      this.#latest[at] = Math.max(this.#latest[at] as number, position)
  }
}
