import type { CacheMode } from '../host/cache-mode.ts'
import type { HostProfile } from '../host/profile.ts'
import type { Cells } from './access/cells.ts'
import type { SectionViews } from './access/section-views.ts'
import type { Views } from './access/views.ts'
import type { Lane } from './copy/lane.ts'
import { DirtyBitmaps, GUEST_PAGE } from './dirty/dirty-bitmaps.ts'
import { GuestRam, kernelFor } from './guest-ram.ts'
import type { GuestRamHandle } from './guest-ram-handle.ts'
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
  /** Its blocks, in the order of their offsets. */
  readonly #planned: RamBlock[] = []
  /** What its blocks have taken, bytes, before some of them were freed: the size of the memory once that is there. */
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

  /**
   * Where a block of `bytes` bytes may go: in place of blocks that were freed, or behind all of them as long as there are no
   * tables yet, which are made for a certain size. Undefined where it fits nowhere.
   */
  gapFor(bytes: number): number | undefined {
    let at = 0
    for (const { offset, size } of this.#planned) {
      if (offset - at >= bytes) return at
      at = offset + Math.ceil(size / GUEST_PAGE) * GUEST_PAGE
    }
    const end = this.#tables === undefined ? this.#limit : this.#bytes
    return at + bytes <= end ? at : undefined
  }

  get shared(): boolean {
    return this.#settings.shared
  }

  get allocated(): boolean {
    return this.#ram !== undefined
  }

  get untouched(): boolean {
    return this.#ram?.untouched ?? true
  }

  get allocatedBytes(): number {
    return this.allocated ? this.#bytes : 0
  }

  /** A block, page aligned, as `GuestRam.block` cuts them. @param offset Of `gapFor`. */
  plan(name: string, offset: number, bytes: number): RamBlock {
    const block = new RamBlock(MAKER, this, name, offset, bytes)
    this.#planned.push(block)
    this.#planned.sort((a, b) => a.offset - b.offset)
    this.#bytes = Math.max(this.#bytes, offset + Math.ceil(bytes / GUEST_PAGE) * GUEST_PAGE)
    return block
  }

  /** The memory stays for other blocks, also where this was the last. */
  takeBack(block: RamBlock): void {
    this.#ram?.discard(block.offset, block.size)
    this.#planned.splice(this.#planned.indexOf(block), 1)
  }

  /** What `GuestRam.attach` takes in another thread. */
  get handle(): GuestRamHandle {
    const blocks = this.#planned.map(({ name, offset, size }) => ({ name, offset, size }))
    return { ...this.ram.handle, blocks }
  }

  get ram(): GuestRam {
    if (this.#ram === undefined) {
      const placed = { ...allocateBytes(this.#bytes, this.#settings.shared), offset: 0, bytes: this.#bytes }
      this.#ram = GuestRam.ofZeros({ ...placed, ...this.#madeTables() }, this.#settings)
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

  cells(cacheMode: CacheMode, atomic?: boolean): Cells {
    return this.ram.cells(cacheMode, atomic)
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
