import { checkKeys, checkObject, checkOneOf, checkText, show } from '../check.ts'
import { MemoryRegion } from '../region/memory-region.ts'
import { forgetViewer, type Viewer } from '../region/transaction.ts'
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
}

let serial = 0

/** The part of an address space that knows its tree: what it shows, as of the latest change that was rendered. */
export abstract class SpaceView extends EndianForms implements Viewer {
  readonly name: string
  readonly root: MemoryRegion
  readonly serial: number = serial++
  protected readonly settings: SpaceSettings
  protected map: SectionMap

  constructor(name: string, root: MemoryRegion, options: AddressSpaceOptions) {
    super()
    this.name = checkText(name, 'name')
    if (!(root instanceof MemoryRegion)) throw new TypeError(`root must be a MemoryRegion, got ${show(root)}`)
    checkKeys(checkObject(options, 'options'), ['endian', 'directAccess'], 'options')
    this.root = root
    this.settings = {
      big: checkOneOf(options.endian ?? 'little', ['little', 'big'] as const, 'options.endian') === 'big',
      directAccess: checkOneOf(options.directAccess ?? 'by-mapping', DIRECT_ACCESS, 'options.directAccess'),
    }
    root.links.attach(this)
    this.map = sectionMapOf(viewOf(root), this.settings)
  }

  /** What is seen at each address, as of the latest change that was rendered. */
  get view(): FlatView {
    return this.map.view
  }

  get endian(): 'little' | 'big' {
    return this.settings.big ? 'big' : 'little'
  }

  /** Looks at the tree again. Called at the end of a transaction that changed what is seen. */
  update(): void {
    const view = viewOf(this.root)
    if (view !== this.map.view) this.#show(view)
  }

  /** Lets go of the tree; the space shows nothing from here on. */
  destroy(): void {
    this.root.links.detach(this)
    forgetViewer(this)
    this.#show(emptyView())
  }

  /** Called when sections of the map before this one must not be used any more. */
  protected abstract forgetSection(): void

  #show(view: FlatView): void {
    this.map = sectionMapOf(view, this.settings)
    this.forgetSection()
  }
}
