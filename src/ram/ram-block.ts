import { checkInteger } from '../check.ts'
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
   * threads log all memory; element 2 is 1 once other threads may have this RAM. Shared by all threads. Who stores to this RAM looks at element 0 once the bytes are stored
   * (dirty-marks.ts). A plain load, which costs next to nothing; a thread is sure to see a log that was turned on once
   * it has synchronized with the thread that did so.
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

/**
 * A piece of guest RAM that a memory region can show to a guest, or a device keep for itself (QEMU's RAMBlock). Cut by
 * `GuestRam.block`.
 */
export class RamBlock {
  readonly ram: BlockMemory
  readonly name: string
  /** Where it begins in its guest RAM, bytes; a multiple of 4096. */
  readonly offset: number
  /** Bytes. */
  readonly size: number

  /** Made by `GuestRam.block`. */
  constructor(ram: BlockMemory, name: string, offset: number, size: number) {
    this.ram = ram
    this.name = name
    this.offset = offset
    this.size = size
  }

  /**
   * A plain typed array over the block, for code that keeps its own pointers (a JIT, a display). What goes through it
   * carries no promise of order, and `set`, `copyWithin` and `fill` on it may tear. No page is marked dirty for it:
   * `markDirty` does that.
   */
  view(offset = 0, length: number = this.size - offset): SharedUint8Array {
    checkInteger(offset, 'offset', 0, this.size)
    checkInteger(length, 'length', 0, this.size - offset)
    return new Uint8Array(this.ram.buffer, this.offset + offset, length)
  }
}
