import { checkAddress, checkBoolean, checkInteger, checkText, show } from '../../check.ts'
import type { RegionKind } from '../../request/route.ts'
import { checkExpansion } from './expansion.ts'
import { RegionLinks, type RegionNode } from './region-links.ts'

/** The subregions of those that have none: most regions. */
const NONE: never[] = /* @__PURE__ */ Object.freeze([] as never[]) as never[]

let serials = 0

/** 2^64: the largest size. Sizes over 2^53 are taken when a number holds them exactly; what lies below 2^53 is used. */
const MAX_SIZE = 2 ** 64

export function checkSize(size: unknown): number {
  return checkInteger(size, 'size', 1, MAX_SIZE)
}

export function checkRegion(region: unknown, argument: string): void {
  if (!(region instanceof RegionTree)) throw new TypeError(`${argument} must be a MemoryRegion, got ${show(region)}`)
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
  abstract readonly readonly: boolean
  abstract readonly nonvolatile: boolean
  readonly kind: RegionKind
  readonly name: string
  /** No other region has the same, ever. For floors above. */
  readonly serial: number = serials++
  /** Who shows this region. For floors above. */
  readonly links: RegionLinks<R>
  #size: number
  #address = 0
  #priority = 0
  #enabled = true
  #container: R | undefined
  /** Among equals in priority the latest last (RULES B1). Put in order when somebody looks: many may be added before. */
  #subregions: R[] = NONE
  #ascending = true

  constructor(kind: RegionKind, name: string, size: number) {
    this.kind = kind
    this.name = checkText(name, 'name')
    this.#size = size
    this.links = new RegionLinks<R>(this.#self)
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
   * Ascending priority, among equals the latest added last; the last of those that overlap is the one that is seen. To be
   * read anew after a change.
   */
  get subregions(): readonly R[] {
    if (!this.#ascending) {
      this.#subregions.sort((a, b) => a.#priority - b.#priority)
      this.#ascending = true
    }
    return this.#subregions
  }

  /**
   * Maps `region` at `address` of this one. Where regions overlap, the higher priority is seen, among equals the latest
   * added.
   *
   * @param address Offset in this region, bytes, 0 to 2^53 - 1; the region may reach past this one's end, unseen.
   * @param priority A signed 32-bit integer.
   * @throws TypeError or RangeError, and the tree is as it was.
   */
  addSubregion(address: number, region: R, priority = 0): void {
    checkAddress(address, 'address')
    checkRegion(region, 'region')
    checkInteger(priority, 'priority', -(2 ** 31), 2 ** 31 - 1)
    if (this.kind === 'alias') throw new TypeError(`an alias has no subregions: ${show(this.name)} is one`)
    if (region.#container !== undefined)
      throw new TypeError(`region ${show(region.name)} is already in ${show(region.#container.name)}`)
    for (let above: R | undefined = this.#self; above !== undefined; above = above.#container)
      if (above === region) throw new TypeError(`region ${show(region.name)} can't be added under itself`)
    const before = [region.#address, region.#priority] as const
    this.#link(address, region, priority)
    try {
      if (region.kind === 'alias' || region.#subregions.length > 0) checkExpansion(region, 'region')
    } catch (error) {
      this.#unlink(region)
      region.#address = before[0]
      region.#priority = before[1]
      throw error
    }
    if (this.#enabled && region.#enabled) this.links.changed()
  }

  /** Unmaps `region`; it keeps its address and priority. @throws TypeError where it is not one of this region's. */
  removeSubregion(region: R): void {
    checkRegion(region, 'region')
    if (region.#container !== this.#self)
      throw new TypeError(`region ${show(region.name)} is not in ${show(this.name)}`)
    this.#unlink(region)
    if (this.#enabled && region.#enabled) this.links.changed()
  }

  /** Moves this region in its container, to the front of its equals (RULES B2). Nothing happens where it is there already. */
  setAddress(address: number): void {
    checkAddress(address, 'address')
    if (address === this.#address) return
    const container = this.#container
    if (container === undefined) {
      this.#address = address
      return
    }
    const before = this.#address
    const place = container.#subregions.indexOf(this.#self)
    container.#unlink(this.#self)
    container.#link(address, this.#self, this.#priority)
    try {
      checkExpansion<R>(this.#self, 'address')
    } catch (error) {
      container.#unlink(this.#self)
      container.#link(before, this.#self, this.#priority, place)
      throw error
    }
    if (container.#enabled && this.#enabled) container.links.changed()
  }

  /** @param size Bytes, 1 to 2^64; of memory, no more than its blocks have. */
  setSize(size: number): void {
    checkSize(size)
    const most = this.maxSize
    if (size > most) throw new RangeError(`size must be at most the block's ${most}, got ${size}`)
    if (size === this.#size) return
    const before = this.#size
    this.#size = size
    this.changedUnless('size', () => {
      this.#size = before
    })
  }

  setEnabled(enabled: boolean): void {
    checkBoolean(enabled, 'enabled')
    if (enabled === this.#enabled) return
    this.#enabled = enabled
    this.changedUnless('enabled', () => {
      this.#enabled = !enabled
    })
  }

  /** Bytes that stand behind it: no size is larger. */
  protected abstract readonly maxSize: number

  /** Ends a change: takes it back where it would make an alias expand without end, else has it shown. */
  protected changedUnless(argument: string, undo: () => void): void {
    try {
      checkExpansion<R>(this.#self, argument)
    } catch (error) {
      undo()
      throw error
    }
    this.links.changed()
  }

  /** This, as what it is a part of. */
  get #self(): R {
    return this as unknown as R
  }

  #link(address: number, region: R, priority: number, place = this.#subregions.length): void {
    region.#address = address
    region.#priority = priority
    region.#container = this.#self
    if (this.#subregions === NONE) this.#subregions = [region]
    else this.#subregions.splice(place, 0, region)
    const before = this.#subregions[place - 1]
    if (before !== undefined && before.#priority > priority) this.#ascending = false
    region.links.retain()
  }

  #unlink(region: R): void {
    this.#subregions.splice(this.#subregions.lastIndexOf(region), 1)
    region.#container = undefined
    region.links.release()
  }
}
