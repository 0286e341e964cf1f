import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'
import { expect } from 'vitest'
import { QUIET } from '../../support/board.ts'
import { toBe, toEqual, toThrow } from '../../support/hold.ts'
import { type Change, changeNode, changeRegion, type TreeChange } from './tree-changes.ts'
import { canSee, isEndless, makeNode, type Node, ranges, turnsWithin, viewRoot } from './tree-reference.ts'

export interface RegionSpec {
  readonly kind: 'container' | 'io' | 'ram' | 'rom' | 'romDevice' | 'reservation' | 'alias'
  readonly size: number
  readonly target: number
  readonly offset: number
}

/** No address of a root is seen from here on. */
export const LIMIT = 64
const MAX_SPACES = 4
/** Up to here an alias of an ancestor must be taken; more than 64 turns, or thousands of looks, may be refused. */
const SURE = { nesting: 16, visits: 20_000 }

const ram = GuestRam.allocate(65536).block('ram', LIMIT)

/** Whoever looks on while a tree is changed. */
export interface Watcher {
  /** A space was made, perhaps within a transaction. */
  opened(space: AddressSpace): void
  /** Perhaps within a transaction. */
  aside(at: number, value: number, regions: readonly MemoryRegion[], spaces: readonly AddressSpace[]): void
  /** All is as the rules say. No transaction is open; other spaces were destroyed. */
  compared(spaces: readonly AddressSpace[]): void
}

/** A tree of regions and the reference's, changed alike and compared. */
export class TreeWorld {
  readonly #regions: MemoryRegion[] = []
  readonly #nodes: Node[] = []
  readonly #spaces: { readonly space: AddressSpace; readonly root: Node }[] = []
  readonly #watcher: Watcher | undefined
  readonly #looks: boolean
  #depth = 0

  /** @param looks At every space after each change; else after all of them. A view that nobody asks for is not rendered. */
  constructor(specs: readonly RegionSpec[], watcher?: Watcher, looks = true) {
    this.#watcher = watcher
    this.#looks = looks
    for (const spec of specs) this.#make(spec)
    this.#open(0)
  }

  #make({ kind, size, target, offset }: RegionSpec): void {
    const name = `${this.#nodes.length} ${kind}`
    const shown = target % Math.max(1, this.#nodes.length)
    const [seen, node] = [this.#regions[shown], this.#nodes[shown]]
    if (kind === 'alias' && seen && node) {
      this.#regions.push(MemoryRegion.alias(name, seen, offset, size))
      this.#nodes.push(makeNode(name, 'alias', size, node, offset))
      return
    }
    if (kind === 'ram' || kind === 'rom' || kind === 'romDevice') {
      const region = kind === 'romDevice' ? MemoryRegion.romDevice(name, QUIET, ram) : MemoryRegion[kind](name, ram)
      region.setSize(size)
      this.#regions.push(region)
    } else if (kind === 'io') this.#regions.push(MemoryRegion.io(name, QUIET, size))
    else if (kind === 'reservation') this.#regions.push(MemoryRegion.reservation(name, size))
    else this.#regions.push(MemoryRegion.container(name, size))
    const leaf = kind === 'container' || kind === 'alias' ? 'container' : 'leaf'
    const memory = kind === 'ram' || kind === 'rom' || kind === 'romDevice'
    const flags = { readonly: kind === 'rom', romd: kind === 'romDevice' || undefined, logged: memory ? 0 : undefined }
    this.#nodes.push(Object.assign(makeNode(name, leaf, size), flags))
  }

  apply(changes: readonly Change[]): void {
    for (const change of changes) {
      this.#apply(change)
      if (this.#depth === 0 && this.#looks) this.#compare()
    }
    this.#compare()
  }

  #apply(change: Change): void {
    if (change.op === 'transaction') this.#transaction(change.changes, change.throws)
    else if (change.op === 'space') this.#open(change.at)
    else if (change.op === 'destroy') this.#destroy(change.at)
    else if (change.op === 'aside') this.#watcher?.aside(change.at, change.value, this.#regions, this.#shown)
    else this.#change(change)
  }

  #transaction(changes: readonly Change[], throws: boolean): void {
    const error = new Error('thrown in a transaction')
    const seen = this.#looks ? this.#spaces : []
    const kept = seen.map(({ space }) => [space, space.view] as const)
    // Those that nobody has looked at since the latest change: here first, as they were when it began.
    const unseen = this.#looks || this.#depth > 0 ? [] : this.#spaces
    const before = unseen.map(({ space, root }) => [space, expectedRanges(root)] as const)
    const body = () => {
      this.#depth++
      try {
        for (const change of changes) {
          this.#apply(change)
          // Until the outermost one ends, the map is as it was.
          for (const [space, view] of kept) if (this.#has(space)) toBe(space.view, view)
        }
        for (const [space, expected] of before) if (this.#has(space)) toEqual(actualRanges(space), expected)
        if (throws) throw error
      } finally {
        this.#depth--
      }
    }
    if (throws) expect(() => MemoryRegion.transaction(body)).toThrow(error)
    else MemoryRegion.transaction(body)
  }

  #has(space: AddressSpace): boolean {
    return this.#spaces.some(each => each.space === space)
  }

  #open(at: number): void {
    if (this.#spaces.length === MAX_SPACES) return
    const index = at % this.#nodes.length
    const space = new AddressSpace('space', this.#regions[index] as MemoryRegion)
    const root = this.#nodes[index] as Node
    this.#spaces.push({ space, root })
    if (this.#looks) this.#compareRanges(space, root)
    this.#watcher?.opened(space)
  }

  get #shown(): AddressSpace[] {
    return this.#spaces.map(({ space }) => space)
  }

  #destroy(at: number): void {
    if (this.#spaces.length < 2) return
    const [gone] = this.#spaces.splice(at % this.#spaces.length, 1)
    gone?.space.destroy()
    // Within a transaction, at its end (C10).
    if (this.#depth === 0) toEqual(gone?.space.view.ranges, [])
  }

  #change(change: TreeChange): void {
    const node = this.#nodes[change.at % this.#nodes.length] as Node
    const region = this.#regions[change.at % this.#nodes.length] as MemoryRegion
    const to = change.op === 'add' ? change.to % this.#nodes.length : 0
    const container = change.op === 'add' ? this.#nodes[to] : node.container
    const changed = change.op === 'add' || change.op === 'remove' ? container : node
    const before = this.#nodes.map(each => ({ ...each, queue: [...each.queue] }))
    const seen = this.#looks ? this.#spaces : []
    const views = seen.map(({ space, root }) => ({ space, root, view: space.view, sees: sees(root, changed) }))
    const legal = changeNode(change, node, container)
    const made = this.#attempt(legal, node, () => changeRegion(change, region, this.#regions[to] as MemoryRegion))
    if (!made) for (const [i, each] of this.#nodes.entries()) Object.assign(each, before[i])
    this.#compareTree()
    for (const { space, root, view, sees: saw } of views)
      if (!saw && !sees(root, changed)) toBe(space.view, view, 'a view that can not see the change')
  }

  /** Makes the call, and says whether it was taken; fails where the rules say otherwise. */
  #attempt(legal: boolean, node: Node, call: () => void): boolean {
    if (!legal) {
      toThrow(call, TypeError)
      return false
    }
    if (isEndless(node)) {
      toThrow(call, RangeError)
      return false
    }
    if (turnsWithin(node, SURE)) {
      call()
      return true
    }
    try {
      call()
      return true
    } catch (error) {
      expect(error).toBeInstanceOf(RangeError)
      return false
    }
  }

  #compareTree(): void {
    const indexOf = (node: Node | undefined) => (node ? this.#nodes.indexOf(node) : -1)
    this.#nodes.forEach((node, index) => {
      const region = this.#regions[index] as MemoryRegion
      const { address, size, priority, enabled, readonly, nonvolatile } = node
      const same =
        region.address === address &&
        region.size === size &&
        region.priority === priority &&
        region.enabled === enabled &&
        region.readonly === readonly &&
        region.nonvolatile === nonvolatile &&
        region.romdMode === (node.romd ?? true) &&
        region.dirtyLogMask === (node.logged ?? 0) &&
        region.targetOffset === node.offset &&
        region.container === this.#regions[indexOf(node.container)] &&
        region.subregions.length === node.queue.length &&
        node.queue.every((child, i) => region.subregions.at(-1 - i) === this.#regions[indexOf(child)])
      if (!same)
        expect(region).toMatchObject({
          address,
          size,
          priority,
          enabled,
          readonly,
          nonvolatile,
          subregions: node.queue,
        })
    })
  }

  #compareRanges(space: AddressSpace, root: Node): void {
    toEqual(actualRanges(space), expectedRanges(root))
  }

  #compare(): void {
    const views = new Map<unknown, unknown>()
    for (const { space, root } of this.#spaces) {
      this.#compareRanges(space, root)
      const shared = viewRoot(root)
      if (!views.has(shared)) views.set(shared, space.view)
      toBe(space.view, views.get(shared), 'views are shared by root (C3)')
    }
    toBe(new Set(views.values()).size, views.size, 'and by nothing else')
    this.#watcher?.compared(this.#shown)
  }
}

function sees(root: Node, node: Node | undefined): boolean {
  return node === undefined || canSee(root, node)
}

function expectedRanges(root: Node) {
  return ranges(root, LIMIT).map(({ node, ...range }) => ({ ...range, name: node.name }))
}

function actualRanges({ view }: AddressSpace) {
  return view.ranges.map(({ region, ...range }) => ({ ...range, name: region.name }))
}
