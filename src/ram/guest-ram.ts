import { checkInteger, checkOptions, checkText } from '../check.ts'
import type { CacheMode } from '../host/cache-mode.ts'
import type { HostProfile } from '../host/profile.ts'
import { Cells } from './access/cells.ts'
import { GuestBytes } from './access/guest-bytes.ts'
import type { SectionViews } from './access/section-views.ts'
import type { Views } from './access/views.ts'
import { EngineLane } from './copy/engine-lane.ts'
import type { Lane } from './copy/lane.ts'
import { ScriptLane } from './copy/script-lane.ts'
import { privateStage } from './copy/stage.ts'
import { UserBuffers } from './copy/user-buffer.ts'
import { WasmLane } from './copy/wasm-lane.ts'
import { DirtyBitmaps, GUEST_PAGE } from './dirty/dirty-bitmaps.ts'
import { markLogged } from './dirty/dirty-marks.ts'
import { checkHandle, type GuestRamHandle } from './guest-ram-handle.ts'
import { type GuestRamOptions, type RamSettings, resolveOptions } from './guest-ram-options.ts'
import { instantiate, type Kernel, type KernelModule, kernelModule } from './kernels/kernel.ts'
import { newIdentity, noteIdentity } from './memory-identity.ts'
import { allocateBytes, keepReleased, MAX_BYTES, makeTables } from './memory-tables.ts'
import { NOT_CLONED } from './not-cloned.ts'
import { PageMap } from './page-map.ts'
import { MAKER, RamBlock } from './ram-block.ts'
import { noteTables, type PlacedBytes, placeWrapped, type WrapOptions, type WrappedSource } from './wrapped-memory.ts'

declare global {
  /**
   * For programs whose TypeScript has no declarations of WebAssembly, which come with the library `DOM`: without this
   * one the declarations of guestmem would not compile there. Where there are others, it adds nothing to them.
   */
  namespace WebAssembly {
    interface Memory {
      grow(delta: number): number
    }
  }
}

/** What `GuestRam.block` may be told. */
export interface BlockOptions {
  /** Where in `ram.buffer` the block begins, bytes: a multiple of 4096 from where the guest RAM begins. */
  readonly offset?: number | undefined
}

/**
 * Guest RAM: one memory, which several threads see where it is shared, each through a GuestRam of its own.
 *
 * @see S2 of the requirements for the order that its lanes keep.
 */
export class GuestRam {
  /** @internal Keeps the object from being cloned. The first field, so that it is met before any other is cloned. */
  readonly clone: object
  /** Where it begins in `buffer`, bytes. */
  readonly offset: number
  /** False of private memory, which this thread alone can see. */
  readonly shared: boolean
  /** The CPU this thread runs on, or what the user gave for it. */
  readonly host: HostProfile
  /** The tier of order in force: `host` rests on a CPU that keeps stores in order, `language` on the memory model. */
  readonly order: 'host' | 'language'
  /** Which pages were stored to. For floors above; users call snapshotAndClearDirty and its like. @internal */
  readonly dirty: DirtyBitmaps
  /** Whether any client logs this RAM (BlockMemory). For floors above. @internal */
  readonly logs: Int32Array
  /** The most that an overlapping copy may keep aside, bytes. For floors above. */
  readonly scratchLimit: number
  readonly #memory: WebAssembly.Memory | undefined
  readonly #pages: PageMap
  #bytes: number
  readonly #kernel: Kernel | undefined
  readonly #memoryBytes: GuestBytes
  readonly #settings: RamSettings
  readonly #lane: Lane
  readonly #fixedLane: Lane
  /** Somebody may have stored to it: all that a store can go through was asked for, or came along. */
  #touched = true
  readonly #cells = new Map<string, Cells>()
  readonly #blocks: RamBlock[] = []
  /** A frozen copy of `#blocks` for callers; undefined when a block was cut since it was made. */
  #givenBlocks: readonly RamBlock[] | undefined

  /** Use allocate, attach or wrap. @internal */
  constructor(maker: typeof MAKER, placed: PlacedBytes, settings: RamSettings, blocks: GuestRamHandle['blocks'] = []) {
    if (maker !== MAKER)
      throw new TypeError('GuestRam has no public constructor: use GuestRam.allocate, attach or wrap')
    const { memory, buffer, offset } = placed
    const { shared, scratch } = settings
    this.clone = NOT_CLONED
    this.#bytes = placed.bytes
    this.offset = offset
    this.shared = shared
    this.#memory = memory
    this.#pages = new PageMap(placed.cut)
    // Here, so that memory is known by its identity and its tables whoever placed it.
    noteIdentity(buffer, this.#pages.identity)
    noteTables(placed, { cut: placed.cut, dirty: placed.dirty })
    this.dirty = new DirtyBitmaps(placed.dirty)
    this.logs = this.dirty.words
    this.#settings = settings
    this.host = settings.host
    // Nobody else can see in which order private bytes are stored.
    this.order = shared ? settings.order : 'host'
    this.scratchLimit = scratch.limit
    const bytes = new GuestBytes(buffer, memory)
    this.#memoryBytes = bytes
    const module = memory === undefined || !shared ? undefined : kernelFor(settings)
    if (module === undefined && settings.lane === 'wasm')
      throw new TypeError(
        memory === undefined
          ? `options.lane is "wasm", but no kernel can reach a buffer that is not a WebAssembly.Memory's`
          : 'options.lane is "wasm", but no kernel can serve this memory here',
      )
    this.#kernel =
      module &&
      instantiate(module, memory as WebAssembly.Memory, module.privateScratch ? privateStage().memory : undefined)
    const users = new UserBuffers(buffer, offset + placed.bytes)
    const cells = this.cells('normal')
    const script = new ScriptLane(bytes.views, cells, scratch, users, settings.order === 'language')
    this.#fixedLane = shared ? script : new EngineLane(bytes, script)
    this.#lane =
      module === undefined || this.#kernel === undefined || memory === undefined
        ? this.#fixedLane
        : new WasmLane(this.#kernel, module, memory, script, bytes.views, cells, scratch, users)
    for (const { name, offset, size } of blocks) this.#blocks.push(new RamBlock(MAKER, this, name, offset, size))
    Object.freeze(this)
  }

  /**
   * Allocates guest RAM, zeroed: one shared WebAssembly.Memory, or an ArrayBuffer where it is private. The host commits its
   * pages as they are touched.
   *
   * @param bytes 1 to 2^32.
   * @throws RangeError where the engine has no room for it.
   */
  static allocate(bytes: number, options?: GuestRamOptions): GuestRam {
    checkInteger(bytes, 'bytes', 1, MAX_BYTES)
    const settings = resolveOptions(options)
    const { shared } = settings
    const identity = newIdentity()
    const { memory, buffer } = allocateBytes(bytes, shared)
    if (memory === undefined && settings.lane === 'wasm')
      throw new TypeError(`options.lane is "wasm", but this engine has no shared WebAssembly.Memory`)
    const tables = makeTables(buffer.byteLength, identity, shared)
    new PageMap(tables.cut).bytes = bytes
    return GuestRam.ofZeros({ memory, buffer, offset: 0, bytes, ...tables }, settings)
  }

  /** In memory that was just allocated, and that nobody else has. @internal */
  static ofZeros(placed: PlacedBytes, settings: RamSettings): GuestRam {
    const ram = new GuestRam(MAKER, placed, settings)
    ram.#touched = false
    return ram
  }

  /**
   * The same bytes in another thread.
   *
   * @param handle The `handle` of the other thread's GuestRam, after postMessage.
   */
  static attach(handle: GuestRamHandle, options?: GuestRamOptions): GuestRam {
    const { blocks, ...placed } = checkHandle(handle)
    return new GuestRam(MAKER, placed, resolveOptions(options, true), blocks)
  }

  /**
   * Guest RAM in memory that someone else made. What nobody else can see is copied by the engine; shared memory by kernels
   * where it is a WebAssembly.Memory, and by the script lane elsewhere, with the same contract, slower. A
   * WebAssembly.Memory may grow: the guest RAM stays where it is in it.
   *
   * Who wraps the same memory again shares its blocks' pages and its dirty bitmaps: no two blocks get the same bytes.
   *
   * @param buffer A WebAssembly.Memory, a buffer, or an array, whose part of its buffer it is then. The guest RAM ends below
   *   2^32 in it. Of a growable buffer, the bytes that it has now.
   */
  static wrap(buffer: WrappedSource, options?: WrapOptions): GuestRam {
    return new GuestRam(MAKER, ...placeWrapped(buffer, options))
  }

  /** Bytes. */
  get bytes(): number {
    return this.#bytes
  }

  /** The buffer that the bytes are in. Of private memory that grows it is another each time. */
  get buffer(): SharedArrayBuffer {
    this.#touched = true
    return this.#memoryBytes.buffer as SharedArrayBuffer
  }

  /**
   * Cuts a RAM block: page aligned (4096 bytes), of any size. Any thread may cut; two never get the same bytes.
   *
   * @param name For people; blocks may share one.
   * @param bytes 1 to what is left.
   */
  block(name: string, bytes: number, options: BlockOptions = {}): RamBlock {
    checkText(name, 'name')
    checkInteger(bytes, 'bytes', 1, MAX_BYTES)
    const { offset } = checkOptions<BlockOptions>(options, ['offset'])
    this.#memoryBytes.live()
    const end = this.offset + this.bytes
    const low = offset === undefined ? this.offset : checkInteger(offset, 'options.offset', this.offset, end - 1)
    // What begins within a page has all its blocks begin so.
    const head = low % GUEST_PAGE
    const first = (low - head) / GUEST_PAGE
    const count = Math.ceil((head + bytes) / GUEST_PAGE)
    const last = offset === undefined ? Math.floor((end - bytes - head) / GUEST_PAGE) : first
    const isFitting = low + bytes <= end && (low - this.offset) % GUEST_PAGE === 0
    const page = isFitting ? this.#pages.take(first, last + count, count) : undefined
    if (page === undefined) {
      const left = Math.min(this.#pages.longestFree(first, Math.ceil(end / GUEST_PAGE)) * GUEST_PAGE, end - low)
      const isOthers = this.#blocks.length === 0 && isFitting
      const others = isOthers
        ? ` (pages of ${GUEST_PAGE} bytes are in blocks of other guest RAMs over this memory)`
        : ''
      throw new RangeError(
        offset === undefined
          ? `bytes must be at most the ${left} that are left of this guest RAM${others}, got ${bytes}`
          : `options.offset must be whole pages of ${GUEST_PAGE} on, where ${bytes} bytes are free, got ${offset}`,
      )
    }
    const block = new RamBlock(MAKER, this, name, page * GUEST_PAGE + head, bytes)
    this.#blocks.push(block)
    this.#givenBlocks = undefined
    return block
  }

  /** The blocks that this thread has cut, and those that its handle brought along, as of now: a frozen array. */
  get blocks(): readonly RamBlock[] {
    this.#givenBlocks ??= Object.freeze(this.#blocks.slice())
    return this.#givenBlocks
  }

  /**
   * Makes guest RAM longer that is in a private WebAssembly.Memory, which grows if it has to: blocks can be cut of what comes
   * in addition.
   *
   * @param bytes Of all of it: what it has or more.
   * @throws RangeError where the memory can't grow so far, TypeError of other guest RAM.
   */
  grow(bytes: number): void {
    const memory = this.#memoryBytes.growable
    if (memory === undefined) throw new TypeError('only guest RAM in a private WebAssembly.Memory can grow')
    const end = this.offset + checkInteger(bytes, 'bytes', this.#bytes, MAX_BYTES - this.offset)
    const more = Math.ceil((end - memory.buffer.byteLength) / 65_536)
    // What stands beside the bytes is of a buffer's length where that was wrapped before its memory (tablesOf).
    if (PageMap.size(end) > this.#pages.buffer.byteLength || !grows(memory, more))
      throw new RangeError(`bytes must be what the memory can grow to, got ${bytes}`)
    this.#bytes = bytes
  }

  /**
   * Ends it: all its blocks are freed, and its bytes are no one's. What this library allocated is used again, or collected;
   * what was wrapped is its owner's. Views that were handed out must not be used any more. `using ram = ...` does it, too.
   *
   * @throws TypeError where a block is in use (RamBlock.free), and nothing has changed.
   */
  release(): void {
    const { buffer } = this
    for (const block of this.#blocks) block.refuseUsed()
    for (const block of this.blocks) block.free()
    const isOurs = this.#pages.bytes !== 0
    // Elements 0 and 2 are not 0 where somebody logs it, or other threads may have it (BlockMemory.logs).
    if (isOurs && this.shared && this.logs[2] === 0) {
      this.#zero(0, buffer.byteLength)
      keepReleased(this.#bytes, { memory: this.#memory, buffer: this.#memory?.buffer ?? buffer })
    }
    this.#memoryBytes.drop()
    if (isOurs && !this.shared) (buffer as unknown as { transfer?(bytes: number): void }).transfer?.(0)
  }

  static {
    const { dispose } = Symbol as { dispose?: symbol }
    if (dispose !== undefined) Object.defineProperty(GuestRam.prototype, dispose, { value: GuestRam.prototype.release })
  }

  /**
   * Makes bytes read as zero, and marks them for who logs them (a balloon's pages). No engine gives pages of an array back to
   * the host; but what is zero already is not touched, so that pages which were never stored to stay uncommitted.
   *
   * @param offset In `buffer`, as a block's is, bytes: anywhere in this guest RAM.
   * @param bytes 0 to what follows.
   */
  discard(offset: number, bytes: number): void {
    const end = this.offset + this.bytes
    checkInteger(offset, 'offset', this.offset, end)
    this.#zero(offset, offset + checkInteger(bytes, 'bytes', 0, end - offset))
  }

  #zero(offset: number, last: number): void {
    const { u32 } = this.elements
    for (let at = offset; at < last; ) {
      const next = Math.min(last, at - (at % GUEST_PAGE) + GUEST_PAGE)
      let word = Math.floor(at / 4)
      while (4 * word < next && u32[word] === 0) word++
      if (4 * word < next) {
        this.lane.fill(at, 0, next - at)
        if (this.logs[0] !== 0) markLogged(this.dirty, at, next - at)
      }
      at = next
    }
  }

  /** @internal */
  takeBack(block: RamBlock): void {
    const { offset, size } = block
    this.discard(offset, size)
    this.#blocks.splice(this.#blocks.indexOf(block), 1)
    this.#givenBlocks = undefined
    const first = Math.floor(offset / GUEST_PAGE)
    this.#pages.free(first, Math.ceil((offset + size) / GUEST_PAGE) - first)
  }

  /** What `attach` takes in another thread. Lists the blocks that are known here at this moment. */
  get handle(): GuestRamHandle {
    if (!this.shared)
      throw new TypeError('private guest RAM has no handle: no other thread can have its bytes (options.shared)')
    this.dirty.share()
    return {
      memory: this.#memory,
      buffer: this.buffer,
      offset: this.offset,
      bytes: this.bytes,
      cut: this.#pages.buffer as SharedArrayBuffer,
      dirty: this.dirty.buffer as SharedArrayBuffer,
      blocks: this.#blocks.map(({ name, offset, size }) => ({ name, offset, size })),
    }
  }

  /** Always: of other guest RAM see LazyRam. For floors above. */
  get allocated(): boolean {
    return true
  }

  /** All bytes are zero, since nobody has had anything to store to them with. For doors. @internal */
  get untouched(): boolean {
    return !this.#touched
  }

  /** The ordered and bulk transfers. For floors above; users call ramCopy, ramMove and ramFill. @internal */
  get lane(): Lane {
    this.#touched = true
    return this.#lane
  }

  /** The same in naturally aligned accesses of 1, 2, 4 and 8 bytes and no other. For floors above. @internal */
  get fixedLane(): Lane {
    this.#touched = true
    return this.#fixedLane
  }

  /** The whole buffer as typed arrays, in host byte order. For floors above. @internal */
  get elements(): Views {
    this.#touched = true
    return this.#memoryBytes.live()
  }

  /** The part of the bytes from `base` on as elements. For floors above. @internal */
  section(base: number, bytes: number): SectionViews {
    this.#touched = true
    return this.#memoryBytes.section(base, bytes)
  }

  /**
   * Accesses to memory that is mapped as `cacheMode`, which decides how an unaligned access may be made. For floors
   * above. @internal
   *
   * @param atomic Every access is an atomic one.
   */
  cells(cacheMode: CacheMode, atomic: boolean = this.order === 'language'): Cells {
    this.#touched = true
    const oneAccess = this.host.access[cacheMode].unaligned
    const key = `${oneAccess}${atomic}`
    let cells = this.#cells.get(key)
    if (cells === undefined) {
      const bytes = this.#memoryBytes
      const { unaligned } = this.#settings
      const options = {
        atomic,
        oneAccess,
        unaligned: bytes.private ? ('split' as const) : unaligned,
        elements64: bytes.private || (this.order === 'host' && !atomic),
      }
      cells = new Cells(bytes.views, this.#kernel, options, () => bytes.live())
      this.#cells.set(key, cells)
    }
    return cells
  }
}

/** Has a memory grow by so many pages of WebAssembly's, if it is too short. @returns It is long enough now. */
function grows(memory: WebAssembly.Memory, pages: number): boolean {
  try {
    if (pages > 0) memory.grow(pages)
    return true
  } catch {
    return false
  }
}

/** The kernels that serve guest RAM with these settings; undefined where script does. */
export function kernelFor(settings: RamSettings): KernelModule | undefined {
  if (settings.lane === 'script') return undefined
  if (settings.order === 'language') return kernelModule('language')
  const { widest, vectors } = settings.host.access.normal
  return (widest >= 16 && vectors ? kernelModule('wide') : undefined) ?? kernelModule('narrow')
}
