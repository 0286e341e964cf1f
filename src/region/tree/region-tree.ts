import { checkAddress, checkBoolean, checkInteger, checkText, show } from '../../check.ts'
import { NOT_CLONED } from '../../ram/not-cloned.ts'
import type { RegionKind } from '../../request/route.ts'
import { checkExpansion } from './expansion.ts'
import { RegionLinks, type RegionNode } from './region-links.ts'
import { transaction } from './transaction.ts'

/** The subregions of a region that has none, as most have. */
const NONE: readonly never[] = /* @__PURE__ */ Object.freeze([])

let serials = 0

/**
 * The largest size, 2^64. Numbers hold some sizes over 2^53 exactly, and these are taken; of such a region what lies
 * below address 2^53 is shown.
 */
const MAX_SIZE = 2 ** 64

export function checkSize(size: unknown): number {
  return checkInteger(size, 'size', 1, MAX_SIZE)
}

export function checkRegion(region: unknown, argument: string): void {
  if (region instanceof RegionTree) return
  const near = typeof (region as { addSubregion?: unknown } | null | undefined)?.addSubregion === 'function'
  const got = near ? 'one of another copy of guestmem (ES module beside CommonJS), or a Proxy of one' : show(region)
  throw new TypeError(`${argument} must be a MemoryRegion, got ${got}`)
}

/**
 * A region's place: its container, its subregions and which of them is seen where they overlap (RULES B).
 *
 * Every change is shown at the end of the outermost transaction, at once where none is open; one that is refused leaves
 * the tree as it was.
 */
export abstract class RegionTree<R extends RegionTree<R>> implements RegionNode<R> {
  abstract readonly target: R | undefined
  abstract readonly targetOffset: number
  /** @internal */
  abstract readonly marks: number
  /** @internal */
  abstract use(): void
  /** @internal */
  abstract letGo(): void
  /** @internal First of all fields, so that nothing is cloned before it is refused. */
  readonly clone: () => never
  readonly kind: RegionKind
  readonly name: string
  /** No other region has the same, ever. @internal */
  readonly serial: number
  /** The ways up, to all that shows this region. @internal */
  readonly links: RegionLinks<R>
  #size: number
  #address = 0
  #priority = 0
  #enabled = true
  #container: R | undefined
  /**
   * The subregions in the order in which they were added, the latest last (RULES B1). A set takes the same time to
   * remove any of them; an array took 15 s to remove 80,000 in the order of their addition.
   */
  #added: Set<R> | undefined
  /** The same by priority. Undefined where it must be made anew: many may be added before somebody looks. */
  #subregions: readonly R[] | undefined = NONE

  constructor(kind: RegionKind, name: string, size: number) {
    this.clone = NOT_CLONED
    this.kind = kind
    this.name = checkText(name, 'name')
    this.serial = serials++
    this.#size = size
    this.links = new RegionLinks<R>(this.#self)
  }

  /**
   * True of what has the private fields of this class. A Proxy of a region has not: it would throw wherever one of them
   * is read, in the middle of a transaction too.
   *
   * @internal
   */
  static [Symbol.hasInstance](value: unknown): boolean {
    if (typeof value !== 'object' || value === null || !(#size in value)) return false
    // biome-ignore lint/complexity/noThisInStatic: a subclass, which inherits this, has fewer instances
    return Function.prototype[Symbol.hasInstance].call(this, value)
  }

  /** Bytes. */
  get size(): number {
    return this.#size
  }

  /** Offset in the container, bytes. */
  get address(): number {
    return this.#address
  }

  get priority(): number {
    return this.#priority
  }

  get enabled(): boolean {
    return this.#enabled
  }

  get container(): R | undefined {
    return this.#container
  }

  /**
   * The subregions, by ascending priority, those of equal priority as they were added or moved. Of several that
   * overlap, the last is seen. The array does not change when the tree does: read it anew then.
   */
  get subregions(): readonly R[] {
    this.#subregions ??= Object.freeze([...(this.#added ?? NONE)].sort((a, b) => a.#priority - b.#priority))
    return this.#subregions
  }

  /**
   * Maps `region` at `address` of this one. Where regions overlap, the one of the highest priority is seen; of equals,
   * the one that was added last.
   *
   * @param address Offset in this region, bytes, 0 to 2^53 - 1; the region may reach past this one's end, unseen.
   * @param priority A signed 32-bit integer.
   * @throws TypeError or RangeError, and the tree is as it was.
   */
  addSubregion(address: number, region: R, priority = 0): void {
    checkAddress(address, 'address')
    checkRegion(region, 'region')
    checkInteger(priority, 'priority', -(2 ** 31), 2 ** 31 - 1)
    if (this.kind === 'alias') this.refuse('a region that is no alias has subregions')
    this.change(() => {
      if (region.#container !== undefined)
        throw new TypeError(`region ${show(region.name)} is already in ${show(region.#container.name)}`)
      for (let above: R | undefined = this.#self; above !== undefined; above = above.#container)
        if (above === region) throw new TypeError(`region ${show(region.name)} can't be added under itself`)
      const before = [region.#address, region.#priority] as const
      region.links.retain()
      region.#address = address
      region.#priority = priority
      region.#container = this.#self
      this.#added ??= new Set()
      this.#added.add(region)
      this.#subregions = undefined
      this.#orUndo(
        () => {
          this.links.checkLevels(region)
          checkExpansion(region, 'region')
        },
        () => {
          this.#unlink(region)
          region.#address = before[0]
          region.#priority = before[1]
        },
      )
      return this.#enabled && region.#enabled
    })
  }

  /** Unmaps `region`; it keeps its address and priority. @throws TypeError where it is not one of this region's. */
  removeSubregion(region: R): void {
    checkRegion(region, 'region')
    this.change(() => {
      if (region.#container !== this.#self)
        throw new TypeError(`region ${show(region.name)} is not in ${show(this.name)}`)
      this.#unlink(region)
      return this.#enabled && region.#enabled
    })
  }

  /**
   * Moves this region in its container. Of regions of equal priority it then counts as the one that was added last
   * (RULES B2). Where it has that address already, nothing happens.
   */
  setAddress(address: number): void {
    checkAddress(address, 'address')
    if (address === this.#address) return
    this.change(() => {
      const before = this.#address
      this.#address = address
      this.checkOrUndo('address', () => {
        this.#address = before
      })
      const container = this.#container
      if (container === undefined) return false
      container.#added?.delete(this.#self)
      container.#added?.add(this.#self)
      container.#subregions = undefined
      return container.#enabled && this.#enabled
    })
  }

  /** @param size Bytes, 1 to 2^64; of memory, no more than its blocks have. */
  setSize(size: number): void {
    checkSize(size)
    const most = this.maxSize
    if (size > most) throw new RangeError(`size must be at most the block's ${most}, got ${size}`)
    if (size === this.#size) return
    this.change(() => {
      const before = this.#size
      this.#size = size
      this.checkOrUndo('size', () => {
        this.#size = before
      })
      return true
    })
  }

  setEnabled(enabled: boolean): void {
    checkBoolean(enabled, 'enabled')
    if (enabled === this.#enabled) return
    this.change(() => {
      const before = this.#enabled
      this.#enabled = enabled
      this.checkOrUndo('enabled', () => {
        this.#enabled = before
      })
      return true
    })
  }

  /** The largest size that it may get, bytes: of memory, that of its blocks. */
  protected abstract readonly maxSize: number

  /**
   * Makes a change, in a transaction. When the transaction begins, devices get the writes that were buffered for them
   * (RULES C1), and may change any tree. So `body` looks at the tree, and not its caller.
   *
   * @param body Changes something, and returns whether the change can be seen in this region; or throws, and has
   *   changed nothing.
   */
  protected change(body: () => boolean): void {
    transaction(() => {
      if (body()) this.links.changed()
    })
  }

  /** Refuses what only some kinds of regions have. */
  protected refuse(what: string): never {
    throw new TypeError(`only ${what}: ${show(this.name)} is ${this.kind}`)
  }

  /** Within a change: calls `undo`, and throws, where an alias would now expand without end. */
  protected checkOrUndo(argument: string, undo: () => void): void {
    this.#orUndo(() => checkExpansion<R>(this.#self, argument), undo)
  }

  #orUndo(check: () => void, undo: () => void): void {
    try {
      check()
    } catch (error) {
      undo()
      throw error
    }
  }

  /** This region, by the type of its subclass. */
  get #self(): R {
    return this as unknown as R
  }

  #unlink(region: R): void {
    this.#added?.delete(region)
    this.#subregions = undefined
    region.#container = undefined
    region.links.release()
  }
}
