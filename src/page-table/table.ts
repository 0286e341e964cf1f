import { AddressSpace, type RamBlock } from 'guestmem'
import { checkAddress, show } from '../check.ts'
import type { Entries } from './entries.ts'
import { FlatEntries } from './flat-entries.ts'
import { HashedEntries } from './hashed-entries.ts'
import { BIG_ENDIAN, HASHED, HEADER, HEADER_BYTES, LAYOUT_VERSION, MAGIC, PAGE_READ, PAGE_WRITE } from './layout.ts'
import { pagesOf, type Reach } from './map-pages.ts'
import { MapWatch } from './map-watch.ts'
import { type CheckedOptions, checkPageTableOptions, type PageTableOptions } from './options.ts'
import { PageRuns } from './page-runs.ts'
import { isOneMemory, takePlace } from './place.ts'
import { TableWords } from './table-words.ts'

/**
 * What a space shows, page by page, in the linear memory that a WebAssembly CPU runs in: where each page's bytes are in that
 * memory, and what may be done to them without a call. docs/PAGE-TABLE.md has its layout, byte by byte. Made by `pageTable`.
 *
 * It belongs to the thread of its space, as the CPU does that looks things up in it.
 */
export class PageTable {
  readonly space: AddressSpace
  readonly memory: WebAssembly.Memory
  /** Where it begins in the memory, with its header, bytes. */
  readonly offset: number
  /** Of header and entries. */
  readonly bytes: number
  /** Where its entries, or slots, begin in the memory, bytes. */
  readonly entries: number
  readonly layout: 'flat' | 'hashed'
  readonly addressBits: number
  /** Bytes. */
  readonly pageSize: number
  /** Of a hashed table, else 0. */
  readonly slots: number
  readonly #options: CheckedOptions
  readonly #place: RamBlock
  readonly #words: TableWords
  readonly #entries: Entries
  readonly #reach: Reach
  readonly #watch: MapWatch
  #runs: PageRuns = new PageRuns()
  /** Runs of pages that are to be told of, the last of each inclusive. */
  readonly #told: [first: number, last: number][] = []
  #destroyed = false

  /** Made by `pageTable`. @internal */
  constructor(space: AddressSpace, options: CheckedOptions, place: RamBlock) {
    const { geometry, offset, order } = options
    this.space = space
    this.memory = options.memory
    this.offset = offset
    this.bytes = geometry.bytes
    this.entries = offset + HEADER_BYTES
    this.layout = geometry.hashed ? 'hashed' : 'flat'
    this.addressBits = geometry.addressBits
    this.pageSize = 2 ** geometry.pageShift
    this.slots = geometry.hashed ? geometry.count : 0
    this.#options = options
    this.#place = place
    this.#words = new TableWords(place)
    this.#entries = geometry.hashed ? new HashedEntries(this.#words, geometry) : new FlatEntries(this.#words)
    this.#reach = { geometry, order, holds: block => isOneMemory(block, place) }
    this.#writeHeader()
    this.#store()
    // Who asked for the table knows nothing of any page yet.
    this.#told.length = 0
    this.#watch = new MapWatch(space, { store: () => this.#store(), tell: () => this.#tell() })
    Object.freeze(this)
  }

  get destroyed(): boolean {
    return this.#destroyed
  }

  /**
   * The entry of an address's page, as of now.
   *
   * @param address Bytes, 0 to 2^53 - 1; beyond `addressBits` it is 0.
   */
  entryOf(address: number): number {
    checkAddress(address, 'address')
    return this.#runs.at(Math.floor(address / this.pageSize))
  }

  /**
   * Puts an address's page into its slot of a hashed table, in place of the one that was there, so that the CPU finds it. Of
   * a flat table every page is there. Pages that only calls serve stay outside.
   *
   * @param address Bytes, 0 to 2^53 - 1.
   * @returns The page's entry.
   */
  fill(address: number): number {
    const entry = this.entryOf(address)
    if ((entry & (PAGE_READ | PAGE_WRITE)) !== 0) this.#entries.show(Math.floor(address / this.pageSize), entry)
    return entry
  }

  /**
   * Looks again who logs stores. All that this thread changes is seen without it: it is for a thread that is told of a log
   * which another has begun or ended (docs/DIRTY-LOG.md), before it answers.
   */
  refresh(): void {
    this.#store()
    this.#tell()
  }

  /**
   * Ends it: all of its bytes are zero, so that a CPU that still looks finds every page slow, and they are free for RAM blocks
   * and for other tables; `onPagesChanged` is told of all pages that had an entry. The space stays. A second call does
   * nothing.
   */
  destroy(): void {
    if (this.#destroyed) return
    this.#destroyed = true
    const none = new PageRuns()
    this.#runs.compare(none, (first, end) => this.#told.push([first, end - 1]))
    this.#runs = none
    this.#place.free()
    this.#watch.end()
    this.#tell()
  }

  #writeHeader(): void {
    const { hashed, addressBits, pageShift, count } = this.#options.geometry
    const words = this.#words
    words.set(HEADER.version, LAYOUT_VERSION)
    words.set(HEADER.flags, (hashed ? HASHED : 0) | (this.space.endian === 'big' ? BIG_ENDIAN : 0))
    words.set(HEADER.pageShift, pageShift)
    words.set(HEADER.addressBits, addressBits)
    words.set(HEADER.entries, this.entries)
    words.set(HEADER.count, count)
    words.set(HEADER.slotShift, hashed ? Math.log2(count) : 0)
    words.set(HEADER.magic, MAGIC)
  }

  /** Stores all entries that are not what the map and the logs say by now. */
  #store(): void {
    if (this.#destroyed) return
    const after = pagesOf(this.space, this.#reach)
    const before = this.#told.length
    this.#runs.compare(after, (first, end, entry) => {
      this.#entries.change(first, end, entry, after)
      this.#told.push([first, end - 1])
    })
    this.#runs = after
    if (this.#told.length > before) this.#words.set(HEADER.generation, this.#words.get(HEADER.generation) + 1)
  }

  /** Tells of all that was stored since the last time. @throws What was thrown first, once all is told. */
  #tell(): void {
    const { onPagesChanged } = this.#options
    const errors: unknown[] = []
    for (const [first, last] of merged(this.#told.splice(0))) {
      try {
        onPagesChanged(first, last)
      } catch (error) {
        errors.push(error)
      }
    }
    if (errors.length > 0) throw errors[0]
  }
}

/** Runs of pages, the last of each inclusive: ascending, and those that touch as one. */
function merged(runs: [first: number, last: number][]): [first: number, last: number][] {
  const found: [first: number, last: number][] = []
  for (const run of runs.sort(([a], [b]) => a - b)) {
    const latest = found[found.length - 1]
    if (latest !== undefined && run[0] <= latest[1] + 1) latest[1] = Math.max(latest[1], run[1])
    else found.push(run)
  }
  return found
}

/**
 * Makes a table of what `space` shows, and keeps it so: entries change before the change of the map, of a dirty log or of a ROM
 * device's mode returns to whoever made it.
 *
 * It is a function, and no method of AddressSpace, so that programs without a WebAssembly CPU have none of it.
 *
 * @throws TypeError or RangeError naming the argument, and nothing has changed; what `onPagesChanged` throws, and there is no
 *   table.
 */
export function pageTable(space: AddressSpace, options: PageTableOptions): PageTable {
  if (!(space instanceof AddressSpace)) throw new TypeError(`space must be an AddressSpace, got ${show(space)}`)
  if (space.destroyed) throw new TypeError(`space must be one that is there, but ${show(space.name)} was destroyed`)
  const checked = checkPageTableOptions(options)
  const place = takePlace(checked)
  try {
    return new PageTable(space, checked, place)
  } catch (error) {
    place.free()
    throw error
  }
}
