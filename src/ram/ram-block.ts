import { checkInteger, show } from '../check.ts'
import type { CacheMode } from '../host/cache-mode.ts'
import type { HostProfile } from '../host/profile.ts'
import type { Cells } from './access/cells.ts'
import type { SectionViews } from './access/section-views.ts'
import type { Views } from './access/views.ts'
import type { Lane } from './copy/lane.ts'
import type { DirtyBitmaps } from './dirty/dirty-bitmaps.ts'

/** What blocks, and those who use them, need of the guest RAM that the blocks are in. */
export interface BlockMemory {
  /** False of RAM that is allocated when its bytes are first asked for: all of them are zero until then. */
  readonly allocated: boolean
  /** Nobody has had anything to store to it with yet, in this thread or another: all of it is zero. To ask changes nothing. */
  readonly untouched: boolean
  /** False of private memory, which this thread alone can see. */
  readonly shared: boolean
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
   * this RAM looks at element 0 once the bytes are stored (dirty-marks.ts). A plain load, which costs next to
   * nothing; a thread is sure to see a log that was turned on once it has synchronized with the thread that did so.
   */
  readonly logs: Int32Array
  /** Takes a block back whose pages nobody uses any more. */
  takeBack(block: RamBlock): void
  /** @param atomic Every access is an atomic one. As the order has it unless said. */
  cells(cacheMode: CacheMode, atomic?: boolean): Cells
  section(base: number, bytes: number): SectionViews
  /** Of guest RAM that is not allocated yet: what `cells` will be like. To ask that allocates nothing. */
  plannedCells?(cacheMode: CacheMode): Pick<Cells, 'oneAccess' | 'splits'> | undefined
}

/**
 * A Uint8Array over a SharedArrayBuffer. TypeScript 5.7 and later call it `Uint8Array<SharedArrayBuffer>`, and take
 * the one for the other; earlier ones have no such type.
 */
export interface SharedUint8Array extends Uint8Array {
  readonly buffer: SharedArrayBuffer
  subarray(begin?: number, end?: number): SharedUint8Array
  valueOf(): this
}

/** The constructors that take this first are not for users, who can't get at it: they do not check their arguments. */
export const MAKER: unique symbol = /* @__PURE__ */ Symbol()

/**
 * A block's field for the block itself, which tells it from what looks like one: an object with the same fields has none,
 * nor has a block of another copy of this library, and the one of a copy, an heir or a Proxy is the original. To look at
 * it takes less time than `instanceof`, which an heir would pass.
 */
export const SELF: unique symbol = /* @__PURE__ */ Symbol()

/** What may have that field. */
export interface MaybeBlock {
  readonly [SELF]?: unknown
}

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
  /** How many mapped regions and windows show it. */
  #uses = 0
  #freed = false

  // `ram` is a BlockMemory: its type would have all that is behind it declared to users.
  /** Made by `GuestRam.block`. */
  constructor(maker: typeof MAKER, ram: object, name: string, offset: number, size: number) {
    if (maker !== MAKER) throw new TypeError(`RamBlock has no public constructor${CUT_ONE}`)
    this.ram = ram as BlockMemory
    this.name = name
    this.offset = offset
    this.size = size
    Object.defineProperty(this, SELF, { value: this })
    Object.freeze(this)
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
    this.#refuseFreed()
    const most = this.size - checkInteger(offset, 'offset', 0, this.size)
    const bytes = length === undefined ? most : checkInteger(length, 'length', 0, most)
    return new Uint8Array(this.ram.buffer, this.offset + offset, bytes)
  }

  /**
   * Gives its pages back, zeroed: other blocks may be cut of them. Views of it that were handed out show those then, and so
   * do other threads that still have it: whoever has the bytes must have let go of them first.
   *
   * @throws TypeError where a region shows it that is mapped: in a container, as a space's root, or by an alias that is; or
   *   a window to it is not unmapped. Where a transaction is open, what it unmaps counts until it ends.
   */
  free(): void {
    this.#refuseFreed()
    this.refuseUsed()
    this.#freed = true
    this.ram.takeBack(this)
  }

  /** @internal */
  refuseUsed(): void {
    if (this.#uses > 0) throw new TypeError(`block ${show(this.name)} is in use: a mapped region or a window shows it`)
  }

  /** @internal */
  get freed(): boolean {
    return this.#freed
  }

  /** A region or a window shows it from here on. @throws TypeError where it was freed. @internal */
  use(): void {
    this.#refuseFreed()
    this.#uses++
  }

  /** @internal */
  letGo(): void {
    this.#uses--
  }

  #refuseFreed(): void {
    if (this.#freed) throw new TypeError(`block ${show(this.name)} was freed`)
  }
}

function isMade(value: unknown): value is RamBlock {
  return value instanceof RamBlock && (value as MaybeBlock)[SELF] === value
}

/** A block that can be used: one that was freed can't. */
export function isBlock(value: unknown): value is RamBlock {
  return isMade(value) && !value.freed
}

/** @throws TypeError that names the argument, and says how to come by a block. */
export function checkBlock(value: unknown, argument: string): RamBlock {
  if (isBlock(value)) return value
  const got = showNearBlock(value) ?? `${show(value)}${typeof value === 'number' ? CUT_ONE : ''}`
  throw new TypeError(`${argument} must be a RamBlock, got ${got}`)
}

/** For an error's text: what a value is that is often taken for a block, and what to do. Undefined for other values. */
export function showNearBlock(value: unknown): string | undefined {
  try {
    const { block, view, ram } = Object(value)
    if (isMade(value)) return `${show((value as RamBlock).name)}, which was freed`
    if (typeof block === 'function') return `a GuestRam${CUT_ONE}`
    if (typeof view === 'function' && ram)
      return 'one that belongs to another copy of guestmem (ES module beside CommonJS)'
  } catch {}
  return undefined
}
