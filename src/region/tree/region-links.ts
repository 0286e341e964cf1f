import { show } from '../../check.ts'
import { currentEpoch, markDirty, markMap, type Viewer, whenShown } from './transaction.ts'
import { addViewer, removeViewer } from './viewers.ts'

/**
 * How many levels of regions may lie below a region: its subregions are one level, their subregions the next, and what
 * an alias shows is one level below the alias. Recorded QEMU machines have up to 11. Functions that walk a tree call
 * themselves once a level; without a limit a tree could be so deep that they overflow the stack.
 */
export const MAX_LEVELS = 256

/** A region, as far as the shape of its tree goes. */
export interface RegionNode<R extends RegionNode<R>> {
  readonly name: string
  readonly enabled: boolean
  /** What it hands on to all that is shown through it: `READONLY`, `NONVOLATILE`. @internal */
  readonly marks: number
  readonly address: number
  readonly size: number
  readonly container: R | undefined
  readonly subregions: readonly R[]
  readonly target: R | undefined
  readonly targetOffset: number
  /** @internal */
  readonly links: RegionLinks<R>
  /** It is mapped from here on. @throws TypeError where its memory was freed. @internal */
  use(): void
  /** It is not any more. @internal */
  letGo(): void
}

/**
 * The ways up from a region: who shows it. A change goes up them, and only views that can see it are rendered anew.
 */
export class RegionLinks<R extends RegionNode<R>> {
  /** Grows with every change that is seen in this region or under it. */
  version: number
  /**
   * An upper bound of the levels of regions below this one: it does not fall when regions are removed. Where it is 0,
   * there are none.
   */
  levels: number
  readonly #region: R
  /**
   * Mapped aliases of this region. Most have none, and there may be very many regions: a set is made when it is needed.
   */
  #aliases: Set<R> | undefined
  /** Address spaces that have this region as their root. */
  #viewers: Set<Viewer> | undefined
  /** How often it is mapped: in a container, as a root, as the target of an alias that is mapped itself. */
  #mapped = 0
  #changedIn = 0

  constructor(region: R) {
    this.version = 0
    this.levels = 0
    this.#region = region
  }

  /**
   * The region is mapped once more. A target knows only the aliases of it that are mapped, so that one that nobody
   * maps, nor refers to, can be collected.
   *
   * @throws TypeError, and nothing has changed, where the memory that it shows was freed.
   */
  retain(): void {
    const { target } = this.#region
    if (this.#mapped === 0) {
      // Both throw before anything has changed: only an alias has a target, and it has no memory of its own.
      this.#region.use()
      if (target !== undefined) target.links.#retainFor(this.#region)
    }
    if (this.#mapped++ === 0 && target !== undefined) {
      // The target may have changed while it did not know of this alias.
      this.version++
      this.levels = Math.max(this.levels, target.links.levels + 1)
    }
  }

  /** The region is mapped once less. */
  release(): void {
    const { target } = this.#region
    if (--this.#mapped > 0) return
    whenShown(() => this.#region.letGo())
    if (target !== undefined) {
      target.links.#aliases?.delete(this.#region)
      target.links.release()
    }
  }

  #retainFor(alias: R): void {
    this.retain()
    this.#aliases ??= new Set()
    this.#aliases.add(alias)
  }

  /** The address spaces that have this region as their root. */
  get viewers(): Iterable<Viewer> {
    return this.#viewers ?? []
  }

  /** @throws RangeError where the region is an alias whose target has grown too deep for it. */
  attach(viewer: Viewer): void {
    this.checkTarget()
    this.retain()
    this.#viewers ??= new Set()
    this.#viewers.add(viewer)
    addViewer(viewer)
  }

  detach(viewer: Viewer): void {
    this.#viewers?.delete(viewer)
    removeViewer(viewer)
    this.release()
  }

  /**
   * Has all that shows this region rendered anew, at the end of the transaction that is open. A disabled one shows
   * nothing, so a change further down stops there.
   */
  changed(): void {
    markMap()
    const epoch = currentEpoch()
    const stack: R[] = [this.#region]
    for (let region = stack.pop(); region !== undefined; region = stack.pop()) {
      const { links } = region
      // It was marked since somebody looked, and so was all that shows it. But the region that changes may have been
      // disabled then, and what shows it left out.
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

  /**
   * All regions that show this one, directly or not; this one too, where an alias under it shows something above it.
   */
  showing(): Set<R> {
    const seen = new Set<R>()
    const stack: R[] = []
    this.#pushShowing(stack)
    for (let region = stack.pop(); region !== undefined; region = stack.pop()) {
      if (seen.has(region)) continue
      seen.add(region)
      region.links.#pushShowing(stack)
    }
    return seen
  }

  /** @throws RangeError where this is an alias that would have more than MAX_LEVELS below it. */
  checkTarget(): void {
    const { target } = this.#region
    if (target !== undefined) this.checkLevels(target)
  }

  /**
   * Counts what was just put under this region.
   *
   * @throws RangeError where something has more than MAX_LEVELS below it.
   */
  checkLevels(below: R): void {
    if (this.#raise(below.links.levels + 1)) return
    // The bounds may be too high, as regions were removed: the levels are counted anew. What is in no container has
    // all others below it.
    const levels = new Map<R, number>()
    for (const region of [this.#region, ...this.showing()])
      if (region.container === undefined && countLevels(region, levels) > MAX_LEVELS)
        throw new RangeError(
          `region ${show(below.name)} would give ${show(region.name)} more than ${MAX_LEVELS} levels of regions`,
        )
    for (const [region, count] of levels) region.links.levels = count
  }

  /**
   * Raises the bounds of this region, and of all that shows it, where they are too low.
   *
   * @returns False where one would be over MAX_LEVELS.
   */
  #raise(levels: number): boolean {
    if (levels > MAX_LEVELS) return false
    if (levels <= this.levels) return true
    const showing: R[] = []
    this.#pushShowing(showing)
    // From above: where one can't be raised, none below it is, so that a bound is always over those below it.
    if (!showing.every(region => region.links.#raise(levels + 1))) return false
    this.levels = levels
    return true
  }
}

/**
 * Counts the levels below a region, and puts those below each region that it shows into `counted`. A region that shows
 * itself counts as one level there: `checkExpansion` limits how deep that may go.
 */
function countLevels<R extends RegionNode<R>>(region: R, counted: Map<R, number>): number {
  const known = counted.get(region)
  if (known !== undefined) return known
  counted.set(region, 0)
  let levels = 0
  for (const below of region.target === undefined ? region.subregions : [region.target])
    levels = Math.max(levels, countLevels(below, counted) + 1)
  counted.set(region, levels)
  return levels
}
