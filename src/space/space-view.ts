import { checkInteger, checkKeys, checkObject, checkOneOf, checkText, show } from '../check.ts'
import type { SpaceSettings } from '../dispatch/section.ts'
import { type SectionMap, sectionMapOf } from '../dispatch/section-map.ts'
import { MemoryRegion } from '../region/memory-region.ts'
import { inTransaction, markDirty, nextEpoch, transaction, type Viewer } from '../region/tree/transaction.ts'
import { markStale } from '../region/tree/viewers.ts'
import { DIRECT_ACCESS, type DirectAccess } from '../request/route.ts'
import { emptyView, type FlatView } from '../view/flat-view.ts'
import { viewOf } from '../view/render.ts'
import { EndianForms } from './endian-forms.ts'

export interface AddressSpaceOptions {
  /** The target's byte order: of `load*` and `store*`, and of devices that are `native`. `little` unless said. */
  readonly endian?: 'little' | 'big'
  /** Which memory requests may touch themselves (S1.3). `by-mapping` unless said. */
  readonly directAccess?: DirectAccess
  /** The most that its bounce buffers may have at once, bytes, 0 to 2^32; 4096 unless said, as in QEMU (RULES J2). */
  readonly bounceBytes?: number
}

let serial = 0

/** The part of an address space that knows its tree: what it shows, as of the end of the latest transaction. */
export abstract class SpaceView extends EndianForms implements Viewer {
  readonly name: string
  readonly root: MemoryRegion
  readonly serial: number = serial++
  /** For this floor. */
  readonly settings: SpaceSettings
  /** The budget of its bounce buffers. */
  readonly bounceBytes: number
  /** Undefined where what is seen has changed, and nobody has looked since. */
  #sections: SectionMap | undefined
  #destroyed = false

  constructor(name: string, root: MemoryRegion, options: AddressSpaceOptions) {
    super()
    this.name = checkText(name, 'name')
    if (!(root instanceof MemoryRegion)) throw new TypeError(`root must be a MemoryRegion, got ${show(root)}`)
    checkKeys(checkObject(options, 'options'), ['endian', 'directAccess', 'bounceBytes'], 'options')
    this.root = root
    this.settings = {
      big: checkOneOf(options.endian ?? 'little', ['little', 'big'] as const, 'options.endian') === 'big',
      directAccess: checkOneOf(options.directAccess ?? 'by-mapping', DIRECT_ACCESS, 'options.directAccess'),
    }
    this.bounceBytes = checkInteger(options.bounceBytes ?? 4096, 'options.bounceBytes', 0, 2 ** 32)
    root.links.attach(this)
    // In a transaction it shows the tree as it is now, not as it will be.
    if (inTransaction()) this.#render()
    else markStale(this)
  }

  /** The sections of the view. For this floor and those above. */
  get sections(): SectionMap {
    return this.#sections ?? this.#render()
  }

  /** What is seen at each address, as of the end of the latest transaction. */
  get view(): FlatView {
    return this.sections.view
  }

  get endian(): 'little' | 'big' {
    return this.settings.big ? 'big' : 'little'
  }

  get destroyed(): boolean {
    return this.#destroyed
  }

  /** What the tree shows as it is now. For who carries out a transaction. */
  nextView(): FlatView {
    return this.#destroyed ? emptyView() : viewOf(this.root)
  }

  /**
   * Called at the end of a transaction that changed what is seen. Who doesn't say what that is now has it rendered when
   * it is looked at: devices that come one by one then cost the same each.
   */
  update(view?: FlatView): void {
    if (view !== undefined && view === this.#sections?.view) return
    this.#sections = view && sectionMapOf(view, this.settings)
    if (view === undefined) markStale(this)
    this.forgetSection()
  }

  renderIfStale(): void {
    if (this.#sections === undefined) this.#render()
  }

  /** Lets go of the tree; the space shows nothing from the end of the transaction on, at once where none is open (RULES C10). */
  destroy(): void {
    if (this.#destroyed) return
    transaction(() => {
      this.#destroyed = true
      this.root.links.detach(this)
      markDirty(this)
    })
  }

  /** Called when sections of the map before this one must not be used any more. */
  protected abstract forgetSection(): void

  #render(): SectionMap {
    nextEpoch()
    this.#sections = sectionMapOf(this.nextView(), this.settings)
    return this.#sections
  }
}
