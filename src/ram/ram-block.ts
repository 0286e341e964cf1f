import { checkInteger, show } from '../check.ts'
import type { CacheMode } from '../host/cache-mode.ts'
import type { HostProfile } from '../host/profile.ts'
import type { Cells } from './access/cells.ts'
import type { Views } from './access/views.ts'
import type { Lane } from './copy/lane.ts'
import type { DirtyBitmaps } from './dirty/dirty-bitmaps.ts'

/** The guest RAM that a block was cut from, as far as those who hold the block need it: a GuestRam. */
export interface BlockMemory {
  /** False of RAM that is allocated when its bytes are first asked for: all of them are zero until then. */
  readonly allocated: boolean
  readonly buffer: SharedArrayBuffer
  readonly host: HostProfile
  readonly order: 'host' | 'language'
  readonly lane: Lane
  readonly fixedLane: Lane
  readonly elements: Views
  /** The most that an overlapping copy may keep aside, bytes (ScratchPolicy). */
  readonly scratchLimit: number
  readonly dirty: DirtyBitmaps
  /**
   * Element 0 is not 0 while a client logs a region of this RAM, or a thread logs all memory; element 1 is how many
   * threads log all memory; element 2 is 1 once other threads may have this RAM. Shared by all threads. Who stores to
   * this RAM looks at element 0 once the bytes are stored (dirty-marks.ts). A plain load, which costs next to nothing; a
   * thread is sure to see a log that was turned on once it has synchronized with the thread that did so.
   */
  readonly logs: Int32Array
  cells(cacheMode: CacheMode): Cells
  /** Of guest RAM that is not allocated yet: what `cells` will be like. To ask that allocates nothing. */
  plannedCells?(cacheMode: CacheMode): Pick<Cells, 'oneAccess' | 'splits'> | undefined
}

/**
 * A Uint8Array over a SharedArrayBuffer. TypeScript 5.7 and later call it `Uint8Array<SharedArrayBuffer>`, and take the one
 * for the other; earlier ones have no such type.
 */
export interface SharedUint8Array extends Uint8Array {
  readonly buffer: SharedArrayBuffer
  subarray(begin?: number, end?: number): SharedUint8Array
  valueOf(): this
}

/** What only this folder has, so that nobody else makes blocks or guest RAMs: their fields are not checked. */
export const MAKER: unique symbol = /* @__PURE__ */ Symbol()

const CUT_ONE = ': cut one with ram.block(name, bytes)'

/**
 * A piece of guest RAM that a memory region can show to a guest, or a device keep for itself (QEMU's RAMBlock). Cut by
 * `GuestRam.block`. Frozen.
 */
export class RamBlock {
  /** @internal */
  readonly ram: BlockMemory
  readonly name: string
  /** Where it begins in its guest RAM, bytes; a multiple of 4096. */
  readonly offset: number
  /** Bytes. */
  readonly size: number
  /** Every block has it and nothing else can: what tells a block from an object that looks like one. */
  readonly #made = true

  /** Made by `GuestRam.block`. */
  constructor(maker: typeof MAKER, ram: BlockMemory, name: string, offset: number, size: number) {
    if (maker !== MAKER) throw new TypeError(`RamBlock has no public constructor${CUT_ONE}`)
    this.ram = ram
    this.name = name
    this.offset = offset
    this.size = size
    Object.freeze(this)
  }

  /**
   * @internal True of what the constructor made, and of nothing that looks like it. For objects that are blocks nearly
   * always: asked about others too, it costs more (isBlock). A Symbol.hasInstance that asked this would cost 20 times as
   * much.
   */
  static made(value: object): value is RamBlock {
    return #made in value
  }

  /**
   * A plain typed array over the block, for code that keeps its own pointers (a JIT, a display). What goes through it
   * carries no promise of order, and `set`, `copyWithin` and `fill` on it may tear. No page is marked dirty for it:
   * `markDirty` does that.
   *
   * @param offset In the block, bytes; 0 unless given.
   * @param length Bytes; up to the block's end unless given.
   */
  view(offset = 0, length?: number): SharedUint8Array {
    const most = this.size - checkInteger(offset, 'offset', 0, this.size)
    const bytes = length === undefined ? most : checkInteger(length, 'length', 0, most)
    return new Uint8Array(this.ram.buffer, this.offset + offset, bytes)
  }
}

/** True of a block, whatever is asked about. */
export function isBlock(value: unknown): value is RamBlock {
  return value instanceof RamBlock && RamBlock.made(value)
}

/** @throws TypeError that names the argument, and says how to come by a block. */
export function checkBlock(value: unknown, argument: string): RamBlock {
  // `made` alone: here others are asked about only by mistake.
  if (typeof value === 'object' && value !== null && RamBlock.made(value)) return value
  const got = showNearBlock(value) ?? `${show(value)}${typeof value === 'number' ? CUT_ONE : ''}`
  throw new TypeError(`${argument} must be a RamBlock, got ${got}`)
}

/** What is often taken for a block, as an error's text shows it, with what to do; undefined of all else. */
export function showNearBlock(value: unknown): string | undefined {
  try {
    const { block, view, ram } = Object(value)
    if (typeof block === 'function') return `a GuestRam${CUT_ONE}`
    if (typeof view === 'function' && ram)
      return 'one that belongs to another copy of guestmem (ES module beside CommonJS)'
  } catch {}
  return undefined
}
