import { type AddressSpace, type FlatRange, type RamBlock, translate } from 'guestmem'
import {
  DISPLACEMENT_UNIT,
  type Geometry,
  PAGE_DEVICE,
  PAGE_READ,
  PAGE_READ_ANY,
  PAGE_READONLY,
  PAGE_SLOW,
  PAGE_WRITE,
  PAGE_WRITE_ANY,
} from './layout.ts'
import { PageRuns } from './page-runs.ts'

/** What an entry depends on, apart from the map. */
export interface Reach {
  readonly geometry: Geometry
  readonly order: 'host' | 'language' | 'weak'
  /** True of a block in the linear memory that the CPU runs in. */
  holds(block: RamBlock): boolean
}

/** What a space shows now, as pages and their entries. */
export function pagesOf(space: AddressSpace, reach: Reach): PageRuns {
  const runs = new PageRuns()
  const { addressBits, pageShift } = reach.geometry
  const pageSize = 2 ** pageShift
  const limit = 2 ** addressBits
  for (const range of space.view.ranges) {
    const { backing } = range.region
    if (range.start >= limit) break
    if (backing.length === 0) addPiece(range.start, range.end, entryOfHandlers(range))
    for (const { block, start: first } of backing) {
      // Where the block's first byte would be seen, which may be below 0; and the part of it that is.
      const begin = range.start + (first - range.offset)
      const start = Math.max(range.start, begin)
      const end = Math.min(range.end, begin + block.size)
      if (start < end) addMemory(start, end, entryOfMemory(space, range, start, block, begin, reach))
    }
  }
  return runs

  /** Where something is tapped, or single accesses of memory are counted, the space's own sections say where: those are slow. */
  function addMemory(start: number, end: number, entry: number): void {
    const { sections } = space
    if (sections === sections.plain) addPiece(start, end, entry)
    else
      for (let at = start; at < end; ) {
        const section = sections.select(at)
        const most = Math.min(end, section.end)
        addPiece(at, most, direct(entry, section.readable, section.writable))
        at = most
      }
  }

  /** A page that has more than this piece is slow: an access may reach from one piece into another. */
  function addPiece(start: number, most: number, entry: number): void {
    const end = Math.min(most, limit)
    if (start >= end) return
    const first = Math.floor(start / pageSize)
    const last = Math.ceil(end / pageSize)
    const whole = Math.ceil(start / pageSize)
    // Of a space that is smaller than a page, its one page is whole where all of the space is.
    const wholeEnd = end === limit ? last : Math.floor(end / pageSize)
    addRun(first, Math.min(whole, last), PAGE_SLOW)
    // An access may reach from one of the piece's pages into the next, and no further than the last.
    addRun(whole, wholeEnd - 1, entry)
    addRun(Math.max(whole, wholeEnd - 1), wholeEnd, entry & ~(PAGE_READ_ANY | PAGE_WRITE_ANY))
    addRun(Math.max(whole, wholeEnd), last, PAGE_SLOW)
  }

  /** A page that several pieces share is slow by the first of them. */
  function addRun(first: number, end: number, entry: number): void {
    runs.add(Math.max(first, runs.end), end, entry >>> 0)
  }
}

function entryOfHandlers({ region, readonly }: FlatRange): number {
  return (region.kind === 'io' ? PAGE_DEVICE : PAGE_SLOW) | (readonly ? PAGE_READONLY : 0)
}

/**
 * @param start The first address of the block's part of the range.
 * @param begin The address of the block's first byte, were it seen.
 */
function entryOfMemory(
  space: AddressSpace,
  { region, readonly }: FlatRange,
  start: number,
  block: RamBlock,
  begin: number,
  { holds, order }: Reach,
): number {
  const marks = (region.kind === 'romDevice' ? PAGE_DEVICE : 0) | (readonly ? PAGE_READONLY : 0)
  const displacement = (block.offset - begin) % 2 ** 32
  const { ram } = block
  if (displacement % DISPLACEMENT_UNIT !== 0 || !holds(block)) return slow(marks)
  if (order === 'host' && ram.order !== 'host') return slow(marks)
  // An unaligned access is what the space makes of one: no atomic instruction can make it, and memory of other modes, or guest
  // RAM whose `unaligned` says so, refuses some.
  const isAny = region.cacheMode === 'normal' && order !== 'language' && takesUnaligned(block)
  let access = 0
  if (translate(space, start, 1).direct) access |= PAGE_READ | (isAny ? PAGE_READ_ANY : 0)
  // A store to a page that somebody logs is marked, which a call does. What the region says is what counts (the view follows
  // at the end of a transaction), and whether a thread logs all of this guest RAM: element 1 (BlockMemory.logs).
  const logged = region.dirtyLogMask !== 0 || ram.logs[1] !== 0
  if (!readonly && !logged && translate(space, start, 1, { write: true }).direct)
    access |= PAGE_WRITE | (isAny ? PAGE_WRITE_ANY : 0)
  return access === 0 ? slow(marks) : displacement | access | marks
}

/** The entry of memory of which calls have to make all loads, or all stores. */
function direct(entry: number, loads: boolean, stores: boolean): number {
  const kept = (loads ? PAGE_READ | PAGE_READ_ANY : 0) | (stores ? PAGE_WRITE | PAGE_WRITE_ANY : 0)
  const all = PAGE_READ | PAGE_READ_ANY | PAGE_WRITE | PAGE_WRITE_ANY
  return (entry & kept) === 0 ? slow(entry & (PAGE_DEVICE | PAGE_READONLY)) : entry & (~all | kept)
}

function takesUnaligned({ ram }: RamBlock): boolean {
  const { oneAccess, splits } = ram.cells('normal')
  return oneAccess || splits
}

/** A ROM device that can't be read directly is a device like others. */
function slow(marks: number): number {
  return marks & PAGE_DEVICE ? marks : marks | PAGE_SLOW
}
