import type { BlockMemory } from '../ram/ram-block.ts'
import type { Section } from './section.ts'

// What an entry says in its low four bits. The first two, of which both may be set, are where an access can test them
// together with the low bits of an address. Of what nothing is known all 32 bits are 0.
/** It may be loaded from and stored to directly, in the table's guest RAM, as far from here as the rest of the entry says. */
export const LOADS = 4
export const STORES = 8
/** The rest, from bit 4 on, is the number of the section that was found here last. */
export const SECTION = 1
/** Several sections share the page: the rest is the number of its parts, which have such entries each. */
export const PARTS = 2

const PAGE = 4096
/** Bytes of a part: as few as leave an entry its four bits. */
const PART = 16
/** The pages of 4 GiB, a window: what the low 32 bits of an address tell apart. */
const ENTRIES = 2 ** 20
/** So many accesses are looked up otherwise before a window has entries: most bus masters make few. */
const PATIENCE = 64
const MAX_PARTS = 4096
const MAX_WINDOWS = 8

/** The entries of a window that has none: as many, so that a page's index is always within. Never written. */
let nothing: Int32Array | undefined

interface Window {
  readonly entries: Int32Array
  /** The indices of entries that are not 0. */
  filled: number[]
}

/**
 * A software TLB: for each page, where its bytes are and what may be done to them, or what answers there. An entry has 32
 * bits, so that an access to RAM takes a shift, a load, a test and the access itself. Entries are filled as pages are
 * accessed, and emptied all at once when the map changes, or who logs it. The host commits the table's memory as it is used.
 */
export class TlbTable {
  /** Of addresses below 2^32, by page. */
  low: Int32Array
  /** Of one window above, by page: of addresses from `base` on, a multiple of 2^32. -1 where there is none. */
  high: Int32Array
  base: number
  /** By the number that a shared page's entry has: the entries of its parts. */
  parts: Int32Array[]
  /** By where they begin. */
  #windows: Map<number, Window>
  #misses = 0

  constructor() {
    nothing ??= new Int32Array(ENTRIES)
    this.low = nothing
    this.high = nothing
    this.base = -1
    this.parts = []
    this.#windows = new Map()
  }

  /** The entry for the part of a shared page that has an address with these low bits. */
  part(entry: number, word: number): number {
    return (this.parts[entry >>> 4] as Int32Array)[(word & (PAGE - 1)) >>> 4] as number
  }

  /**
   * Keeps which section holds an address, whose window is the one above from here on, if it is there.
   *
   * @param ram What direct entries lead to.
   * @returns There are other windows than before.
   */
  fill(address: number, section: Section, ram: BlockMemory | undefined): boolean {
    const { low, base: before } = this
    const word = address >>> 0
    const base = address - word
    if (this.parts.length >= MAX_PARTS) this.clear()
    let window = this.#windows.get(base)
    if (window === undefined) {
      if (++this.#misses <= PATIENCE) return false
      if (this.#windows.size >= MAX_WINDOWS) this.#drop()
      window = { entries: new Int32Array(ENTRIES), filled: [] }
      this.#windows.set(base, window)
    }
    const { entries, filled } = window
    if (base === 0) this.low = entries
    else {
      this.high = entries
      this.base = base
    }
    const index = word >>> 12
    const start = address - (word & (PAGE - 1))
    let entry = entryOf(section, start, PAGE, ram)
    if (entry === 0) {
      entry = entries[index] as number
      if ((entry & PARTS) === 0) {
        entry = (this.parts.length << 4) | PARTS
        this.parts.push(new Int32Array(PAGE / PART))
      }
      const part = address - (word & (PART - 1))
      const own = this.parts[entry >>> 4] as Int32Array
      own[(part - start) / PART] = entryOf(section, part, PART, ram) || (section.number << 4) | SECTION
    }
    if (entries[index] === 0) filled.push(index)
    entries[index] = entry
    return low !== this.low || before !== this.base
  }

  clear(): void {
    // To clear what was filled costs less than new memory, unless it is very much.
    for (const window of this.#windows.values()) {
      const { entries, filled } = window
      if (filled.length > ENTRIES / 16) {
        this.#drop()
        return
      }
      for (const index of filled) entries[index] = 0
      window.filled = []
    }
    this.parts = []
  }

  #drop(): void {
    this.#windows = new Map()
    this.low = this.high = nothing as Int32Array
    this.base = -1
    this.parts = []
    this.#misses = 0
  }
}

/** The entry of `size` bytes from `start` on: 0 where they are not all of the section. */
function entryOf(section: Section, start: number, size: number, ram: BlockMemory | undefined): number {
  if (section.start > start || section.end < start + size) return 0
  const { block, region } = section
  const displacement = section.base - section.start
  const direct = (section.readable ? LOADS : 0) | (section.writable && !region?.dirtyLogMask ? STORES : 0)
  return block?.ram === ram && ram && direct !== 0 && displacement % PART === 0 && region?.cacheMode === 'normal'
    ? displacement | direct
    : (section.number << 4) | SECTION
}
