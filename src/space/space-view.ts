import { checkInteger, checkKeys, checkObject, checkOneOf, checkText, show } from '../check.ts'
import { MemoryRegion } from '../region/memory-region.ts'
import { markDirty, transaction, type Viewer } from '../region/transaction.ts'
import { DIRECT_ACCESS, type DirectAccess } from '../request/route.ts'
import { EndianForms } from './endian-forms.ts'
import { emptyView, type FlatView } from './flat-view.ts'
import { viewOf } from './render.ts'
import type { SpaceSettings } from './section.ts'
import { type SectionMap, sectionMapOf } from './section-map.ts'

export interface AddressSpaceOptions {
  /** The target's byte order: of `load*` and `store*`, and of devices that are `native`. `little` unless said. */
  readonly endian?: 'little' | 'big'
  /** Which memory requests may touch themselves (S1.3). `by-mapping` unless said. */
  readonly directAccess?: DirectAccess
  /** The most that its bounce buffers may have at once, bytes, 0 to 2^32; 4096 unless said, as in QEMU (RULES J2). */
  readonly bounceBytes?: number
}

let serial = 0

/** The part of an address space that knows its tree: what it shows, as of the latest change that was rendered. */
export abstract class SpaceView extends EndianForms implements Viewer {
  readonly name: string
  readonly root: MemoryRegion
  readonly serial: number = serial++
  /** For this floor. */
  readonly settings: SpaceSettings
  /** The budget of its bounce buffers. */
  readonly bounceBytes: number
  /** The sections of the view. For this floor and those above. */
  sections: SectionMap
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
    this.sections = sectionMapOf(viewOf(root), this.settings)
  }

  /** What is seen at each address, as of the latest change that was rendered. */
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

  /** Looks at the tree again. Called at the end of a transaction that changed what is seen. */
  update(view: FlatView = this.nextView()): void {
    if (view !== this.sections.view) this.#show(view)
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

  #show(view: FlatView): void {
    this.sections = sectionMapOf(view, this.settings)
    this.forgetSection()
  }
}
