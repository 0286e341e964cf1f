import { currentEpoch, markDirty, markMap, transaction, type Viewer } from './transaction.ts'
import { addViewer, removeViewer } from './viewers.ts'

/** A region, as far as the shape of its tree goes. */
export interface RegionNode<R extends RegionNode<R>> {
  readonly enabled: boolean
  readonly readonly: boolean
  readonly nonvolatile: boolean
  readonly address: number
  readonly size: number
  readonly container: R | undefined
  readonly subregions: readonly R[]
  readonly target: R | undefined
  readonly targetOffset: number
  readonly links: RegionLinks<R>
}

/**
 * The ways up from a region: who shows it. A change goes up them, and only views that can see it are rendered anew.
 */
export class RegionLinks<R extends RegionNode<R>> {
  /** Grows with every change that is seen in this region or under it. */
  version = 0
  readonly #region: R
  /** Mapped aliases of this region. Most have none, and there may be very many regions: a set is made when it is needed. */
  #aliases: Set<R> | undefined
  /** Address spaces that have this region as their root. */
  #viewers: Set<Viewer> | undefined
  /** How often it is mapped: in a container, as a root, as the target of an alias that is mapped itself. */
  #mapped = 0
  #changedIn = 0

  constructor(region: R) {
    this.#region = region
  }

  /** An alias that nobody maps is not known to its target, so a dropped one leaves nothing behind. */
  retain(): void {
    const { target } = this.#region
    if (this.#mapped++ === 0 && target !== undefined) {
      // Changes of the target did not come here while nobody mapped this alias.
      this.version++
      target.links.#retainFor(this.#region)
    }
  }

  release(): void {
    const { target } = this.#region
    if (--this.#mapped === 0 && target !== undefined) {
      target.links.#aliases?.delete(this.#region)
      target.links.release()
    }
  }

  #retainFor(alias: R): void {
    this.#aliases ??= new Set()
    this.#aliases.add(alias)
    this.retain()
  }

  /** The address spaces that have this region as their root. */
  get viewers(): Iterable<Viewer> {
    return this.#viewers ?? []
  }

  attach(viewer: Viewer): void {
    this.#viewers ??= new Set()
    this.#viewers.add(viewer)
    addViewer(viewer)
    this.retain()
  }

  detach(viewer: Viewer): void {
    this.#viewers?.delete(viewer)
    removeViewer(viewer)
    this.release()
  }

  /** Has all that shows this region rendered anew, at the end of the transaction: at once where none is open. A disabled one shows nothing, so a change further down stops there. */
  changed(): void {
    transaction(() => this.#mark())
  }

  #mark(): void {
    markMap()
    const epoch = currentEpoch()
    const stack: R[] = [this.#region]
    for (let region = stack.pop(); region !== undefined; region = stack.pop()) {
      const { links } = region
      // Marked since somebody looked, and all above it; but what was just enabled was not passed before.
      if (links.#changedIn === epoch && links !== this) continue
      links.#changedIn = epoch
      links.version++
      if (links.#viewers !== undefined) for (const viewer of links.#viewers) markDirty(viewer)
      if (region.enabled || links === this) links.#pushShowing(stack)
    }
  }

  /** The regions that show this one directly. */
  #pushShowing(stack: R[]): void {
    if (this.#region.container !== undefined) stack.push(this.#region.container)
    if (this.#aliases !== undefined) for (const alias of this.#aliases) stack.push(alias)
  }

  /** True if this region shows itself: through an alias under it, of something above it. */
  showsItself(): boolean {
    const seen = new Set<R>()
    const stack: R[] = []
    this.#pushShowing(stack)
    for (let region = stack.pop(); region !== undefined; region = stack.pop()) {
      if (region === this.#region) return true
      if (seen.has(region)) continue
      seen.add(region)
      region.links.#pushShowing(stack)
    }
    return false
  }
}
