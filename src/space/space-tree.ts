import { type Refine, SectionMap, sectionMapOf, taps } from '../dispatch/section-map.ts'
import { completion } from '../region/device/completer.ts'
import type { MemoryRegion } from '../region/memory-region.ts'
import { inTransaction, markDirty, nextEpoch, transaction, type Viewer } from '../region/tree/transaction.ts'
import { markStale } from '../region/tree/viewers.ts'
import type { MemTxResult } from '../request/result.ts'
import type { SpaceSettings } from '../request/space-settings.ts'
import { emptyView, type FlatView } from '../view/flat-view.ts'
import { viewOf } from '../view/render.ts'

/** Who uses the sections of what is shown: an address space. */
export interface SectionUser {
  /** Called when the sections that it may hold must not be used any more. */
  forgetSections(): void
}

let lastSerial = 0

/**
 * The part of an address space that follows its region tree: what the space shows, as of the end of the latest
 * transaction. Of this thread.
 */
export class SpaceTree<S extends SectionUser = SectionUser> implements Viewer {
  readonly space: S
  readonly root: MemoryRegion
  readonly settings: SpaceSettings
  /** Ascending in order of creation. */
  readonly serial: number
  /** What becomes of each section of its own; of what is counted, one that counts. */
  refine: Refine | undefined
  /** Undefined where what is shown has changed, and nobody has looked since. */
  #sections: SectionMap | undefined
  #destroyed = false

  constructor(space: S, root: MemoryRegion, settings: SpaceSettings) {
    this.space = space
    this.root = root
    this.settings = settings
    this.serial = lastSerial++
    this.refine = undefined
    root.links.attach(this)
    // A space that is made within a transaction shows the tree as it is now, not as it will be at the end.
    if (inTransaction()) this.#render()
    else markStale(this)
  }

  /** The sections of what is shown. */
  get sections(): SectionMap {
    return this.#sections ?? this.#render()
  }

  get destroyed(): boolean {
    return this.#destroyed
  }

  /** What the tree shows as it is now, for who carries out a transaction. */
  nextView(): FlatView {
    return this.#destroyed ? emptyView() : viewOf(this.root)
  }

  /**
   * Called at the end of a transaction that changed what is shown.
   *
   * @param view What is shown now. Where it is not given, it is rendered when somebody looks: devices that are added one
   *   by one then cost the same each.
   */
  update(view?: FlatView): void {
    if (view !== undefined && view === this.#sections?.view) return
    this.#sections = view && this.mapOf(view)
    if (view === undefined) markStale(this)
    this.forgetSections()
  }

  /** Also where what is tapped has changed: what is shown has other sections then. */
  forgetSections(): void {
    this.#sections &&= this.mapOf(this.#sections.view)
    this.space.forgetSections()
  }

  renderIfStale(): void {
    if (this.#sections === undefined) this.#render()
  }

  /** Nothing is shown from the end of the transaction on (RULES C10). */
  destroy(): void {
    if (this.#destroyed) return
    transaction(() => {
      // A device that had a buffered write made, as the transaction began, may have destroyed it.
      if (this.#destroyed) return
      this.#destroyed = true
      this.root.links.detach(this)
      markDirty(this)
    })
  }

  /** The sections of a view, as accesses go by now. */
  mapOf(view: FlatView): SectionMap {
    const plain = sectionMapOf(view, this.settings)
    const map = this.refine ? new SectionMap(view, plain, view, this.refine, plain) : plain
    return taps.mapOf?.(this.space, map) ?? map
  }

  /** Has each section that accesses of this space go by refined from now on, or none of them. */
  refineBy(refine: Refine | undefined): void {
    this.refine = refine
    taps.version++
    this.forgetSections()
  }

  /** How the latest access of a completer in this thread ended: who stands in for one reads it. */
  get latestResult(): MemTxResult {
    return completion.result
  }

  #render(): SectionMap {
    nextEpoch()
    this.#sections = this.mapOf(this.nextView())
    return this.#sections
  }
}
