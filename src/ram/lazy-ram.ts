import type { CacheMode } from '../host/cache-mode.ts'
import type { HostProfile } from '../host/profile.ts'
import type { Cells } from './access/cells.ts'
import type { SectionViews } from './access/section-views.ts'
import type { Views } from './access/views.ts'
import type { Lane } from './copy/lane.ts'
import { DirtyBitmaps, GUEST_PAGE } from './dirty/dirty-bitmaps.ts'
import { GuestRam, kernelFor } from './guest-ram.ts'
import type { RamSettings } from './guest-ram-options.ts'
import { newIdentity } from './memory-identity.ts'
import { allocateBytes, makeTables, type Tables } from './memory-tables.ts'
import { NOT_CLONED } from './not-cloned.ts'
import { PageMap } from './page-map.ts'
import { type BlockMemory, MAKER, RamBlock } from './ram-block.ts'

/** A guest RAM that is allocated when something of it is first used. From then on no more blocks are added. */
export class LazyRam implements BlockMemory {
  readonly clone: object
  readonly host: HostProfile
  readonly order: 'host' | 'language'
  readonly scratchLimit: number
  readonly #limit: number
  readonly #settings: RamSettings
  readonly #planned: { readonly name: string; readonly offset: number; readonly size: number }[] = []
  #bytes = 0
  #ram: GuestRam | undefined
  // Made before the memory where a dirty log is turned on first: to log memory must not allocate it.
  #tables: Tables | undefined
  #dirty: DirtyBitmaps | undefined

  /**
   * @param limit The most bytes that it may have.
   */
  constructor(limit: number, settings: RamSettings) {
    this.clone = NOT_CLONED
    this.host = settings.host
    this.order = settings.shared ? settings.order : 'host'
    this.scratchLimit = settings.scratch.limit
    this.#limit = limit
    this.#settings = settings
  }

  /** How many more bytes blocks may take. None once the tables are made, which are made for a certain size. */
  get free(): number {
    return this.#tables === undefined ? this.#limit - this.#bytes : 0
  }

  get allocated(): boolean {
    return this.#ram !== undefined
  }

  get allocatedBytes(): number {
    return this.allocated ? this.#bytes : 0
  }

  /** A block: page aligned, as `GuestRam.block` cuts them. @param bytes Up to `free`. */
  plan(name: string, bytes: number): RamBlock {
    const block = new RamBlock(MAKER, this, name, this.#bytes, bytes)
    this.#planned.push({ name, offset: block.offset, size: bytes })
    this.#bytes += Math.ceil(bytes / GUEST_PAGE) * GUEST_PAGE
    return block
  }

  get ram(): GuestRam {
    if (this.#ram === undefined) {
      const placed = { ...allocateBytes(this.#bytes, this.#settings.shared), offset: 0, bytes: this.#bytes }
      this.#ram = new GuestRam(MAKER, { ...placed, ...this.#madeTables() }, this.#settings, this.#planned)
    }
    return this.#ram
  }

  get dirty(): DirtyBitmaps {
    if (this.#ram !== undefined) return this.#ram.dirty
    this.#dirty ??= new DirtyBitmaps(this.#madeTables().dirty)
    return this.#dirty
  }

  get logs(): Int32Array {
    return this.dirty.words
  }

  get buffer(): SharedArrayBuffer {
    return this.ram.buffer
  }

  get lane(): Lane {
    return this.ram.lane
  }

  get fixedLane(): Lane {
    return this.ram.fixedLane
  }

  get elements(): Views {
    return this.ram.elements
  }

  cells(cacheMode: CacheMode): Cells {
    return this.ram.cells(cacheMode)
  }

  /** Undefined once it is allocated. */
  plannedCells(cacheMode: CacheMode): Pick<Cells, 'oneAccess' | 'splits'> | undefined {
    if (this.#ram !== undefined) return undefined
    const settings = this.#settings
    const oneAccess =
      this.host.access[cacheMode].unaligned && this.order === 'host' && kernelFor(settings) !== undefined
    return { oneAccess, splits: settings.unaligned === 'split' }
  }

  section(base: number, bytes: number): SectionViews {
    return this.ram.section(base, bytes)
  }

  #madeTables(): Tables {
    if (this.#tables === undefined) {
      this.#tables = makeTables(this.#bytes, newIdentity(), this.#settings.shared)
      // All pages are in blocks, so that no thread that attaches cuts blocks out of them.
      const pages = this.#bytes / GUEST_PAGE
      new PageMap(this.#tables.cut).take(0, pages, pages)
    }
    return this.#tables
  }
}
