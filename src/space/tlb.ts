import { checkAddress } from '../check.ts'
import { NO_LOGS, type Section } from '../dispatch/section.ts'
import type { SectionMap } from '../dispatch/section-map.ts'
import { TlbTable } from '../dispatch/tlb-table.ts'
import { accessOrder } from '../ram/access/access-order.ts'
import type { Cells } from '../ram/access/cells.ts'
import { floatsOf } from '../ram/access/pun.ts'
import { NO_VIEWS } from '../ram/access/section-views.ts'
import type { Views } from '../ram/access/views.ts'
import type { BlockMemory } from '../ram/ram-block.ts'
import type { SpaceSettings } from '../request/space-settings.ts'

/**
 * What the single accesses of a space know without a search: where plain memory is, and by number who else answers at a
 * page. It is emptied when the map changes, or who logs it; from then on it is filled by what is looked up.
 *
 * All direct ways lead to one guest RAM: the one that most pages are in which are looked up.
 */
export class Tlb {
  /** Who keeps what stands here has to take it anew: something was looked up. */
  moved: boolean
  /** One section of that guest RAM that is accessed directly, whatever its pages are: to ask it first is quickest. */
  front: Section | undefined
  readonly table: TlbTable
  /** The sections that the table has the numbers of. */
  list: (Section | undefined)[]
  /** The elements of the guest RAM. None where accesses have to be atomic to be ordered; of 64 bits where those are no elements. */
  elements: Views
  /** Those of 64 bits as pun.ts wants them. */
  floats: Float64Array | undefined
  cells: Cells | undefined
  /** BlockMemory.logs. */
  logs: Int32Array
  readonly #tree: { readonly sections: SectionMap }
  readonly #ordering: SpaceSettings['ordering']
  #ram: BlockMemory | undefined
  /** How many more pages of another guest RAM have to be met before that one is taken. */
  #stays = 0
  /** So many at least. It doubles, so that the number of times has a limit. */
  #reluctance = 32

  constructor(tree: { readonly sections: SectionMap }, ordering: SpaceSettings['ordering']) {
    this.moved = false
    this.front = undefined
    this.table = new TlbTable()
    this.list = []
    this.elements = NO_VIEWS
    this.floats = undefined
    this.cells = undefined
    this.logs = NO_LOGS
    this.#tree = tree
    this.#ordering = ordering
  }

  /** Has all looked up anew. */
  forget(): void {
    this.list = []
    this.#takeRam(undefined)
  }

  /** The section that holds an address, which the table then has, and whose window is the one above 2^32 if it is there. */
  select(address: number): Section {
    const map = this.#tree.sections
    const section = map.select(checkAddress(address, 'address'))
    const ram = section.block?.ram
    // Of memory that is not allocated yet there will be another section.
    if (ram !== undefined && section.lane === undefined) return section
    if (ram === this.#ram) this.#stays++
    else if (ram !== undefined && --this.#stays < 0) {
      this.#takeRam(ram)
      this.#stays = this.#reluctance
      this.#reluctance *= 2
    }
    if (this.table.fill(address, section, this.#ram)) this.moved = true
    if (this.list !== map.list) {
      this.list = map.list
      this.moved = true
    }
    if (this.front === undefined && ram === this.#ram && section.views.u8.length > 0) {
      this.front = section
      this.moved = true
    }
    return section
  }

  /** Where the guest RAM is private memory that has grown, takes its elements as they are now. */
  renew(): void {
    if (this.elements.u8.length > 0 || this.cells === undefined || this.cells.atomic) return
    this.#takeElements()
    this.moved = true
  }

  /** Marks what was just stored directly, as another thread logs all memory. */
  mark(address: number, size: number): void {
    const section = this.#tree.sections.select(address)
    section.mark(section.base + (address - section.start), size)
  }

  #takeElements(): void {
    const { cells } = this
    const { u8, u16, u32, u64 } = cells === undefined || cells.atomic ? NO_VIEWS : (this.#ram as BlockMemory).elements
    this.elements = { u8, u16, u32, u64: cells?.elements64 ? u64 : NO_VIEWS.u64 }
    this.floats = floatsOf(u64)
  }

  /** Has direct entries lead to this guest RAM: there are none yet. */
  #takeRam(ram: BlockMemory | undefined): void {
    this.table.clear()
    this.front = undefined
    this.#ram = ram
    this.#stays = 0
    this.logs = ram?.logs ?? NO_LOGS
    // Single accesses have to be atomic where they would not be ordered as this space's are.
    this.cells = ram?.cells('normal', accessOrder(ram, this.#ordering) > 0)
    this.#takeElements()
    this.moved = true
  }
}
