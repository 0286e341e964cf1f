import { checkInteger, checkText, show } from '../check.ts'
import type { CacheMode } from '../host/cache-mode.ts'
import type { HostProfile } from '../host/profile.ts'
import { Cells } from './access/cells.ts'
import { isShared, type Views, viewsOf } from './access/views.ts'
import type { Lane } from './copy/lane.ts'
import { ScriptLane } from './copy/script-lane.ts'
import { privateStage } from './copy/stage.ts'
import { UserBuffers } from './copy/user-buffer.ts'
import { WasmLane } from './copy/wasm-lane.ts'
import { DirtyBitmaps, GUEST_PAGE } from './dirty/dirty-bitmaps.ts'
import { checkHandle, type GuestRamHandle } from './guest-ram-handle.ts'
import { type GuestRamOptions, type RamSettings, resolveOptions } from './guest-ram-options.ts'
import { instantiate, type Kernel, type KernelModule, kernelModule } from './kernels/kernel.ts'
import { identityOf, newIdentity, noteIdentity } from './memory-identity.ts'
import { NOT_CLONED } from './not-cloned.ts'
import { MAKER, RamBlock } from './ram-block.ts'
import { MAX_BYTES, sharedBytes, sharedTables } from './shared-memory.ts'

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

/**
 * Guest RAM: one shared memory that several threads see, each through a GuestRam of its own.
 *
 * @see S2 of the requirements for the order that its lanes keep.
 */
export class GuestRam {
  /** @internal Keeps the object from being cloned. The first field, so that it is met before any other is cloned. */
  readonly clone: object
  /** Bytes. */
  readonly bytes: number
  readonly buffer: SharedArrayBuffer
  /** The CPU this thread runs on, or what the user gave for it. */
  readonly host: HostProfile
  /** The tier of order in force: `host` rests on a CPU that keeps stores in order, `language` on the memory model. */
  readonly order: 'host' | 'language'
  /** The ordered and bulk transfers. For floors above; users call ramCopy, ramMove and ramFill. @internal */
  readonly lane: Lane
  /** The same in naturally aligned accesses of 1, 2, 4 and 8 bytes and no other. For floors above. @internal */
  readonly fixedLane: Lane
  /** Which pages were stored to. For floors above; users call snapshotAndClearDirty and its like. @internal */
  readonly dirty: DirtyBitmaps
  /** Whether any client logs this RAM (BlockMemory). For floors above. @internal */
  readonly logs: Int32Array
  /** The most that an overlapping copy may keep aside, bytes. For floors above. */
  readonly scratchLimit: number
  readonly #memory: WebAssembly.Memory | undefined
  readonly #cut: SharedArrayBuffer
  readonly #kernel: Kernel | undefined
  readonly #views: Views
  readonly #settings: RamSettings
  readonly #cells = new Map<boolean, Cells>()
  readonly #blocks: RamBlock[] = []
  /** A frozen copy of `#blocks` for callers; undefined when a block was cut since it was made. */
  #givenBlocks: readonly RamBlock[] | undefined

  /** Use allocate, attach or wrap. */
  private constructor(maker: typeof MAKER, handle: GuestRamHandle, settings: RamSettings) {
    if (maker !== MAKER)
      throw new TypeError('GuestRam has no public constructor: use GuestRam.allocate, attach or wrap')
    this.clone = NOT_CLONED
    this.bytes = handle.bytes
    this.buffer = handle.buffer
    this.#memory = handle.memory
    this.#cut = handle.cut
    this.dirty = new DirtyBitmaps(handle.dirty, handle.bytes)
    this.logs = this.dirty.words
    this.#settings = settings
    this.host = settings.host
    this.order = settings.order
    this.scratchLimit = settings.scratch.limit
    this.#views = viewsOf(handle.buffer)
    const module = handle.memory === undefined ? undefined : kernelFor(settings)
    if (module === undefined && settings.lane === 'wasm')
      throw new TypeError(`options.lane is "wasm", but no kernel can serve this memory here`)
    this.#kernel =
      module &&
      instantiate(
        module,
        handle.memory as WebAssembly.Memory,
        module.privateScratch ? privateStage().memory : undefined,
      )
    const users = new UserBuffers(handle.buffer, handle.bytes)
    const cells = this.cells('normal')
    const script = new ScriptLane(this.#views, cells, settings.scratch, users)
    this.fixedLane = script
    this.lane =
      module === undefined || this.#kernel === undefined || handle.memory === undefined
        ? script
        : new WasmLane(this.#kernel, module, handle.memory, script, this.#views, cells, settings.scratch, users)
    for (const { name, offset, size } of handle.blocks) this.#blocks.push(new RamBlock(MAKER, this, name, offset, size))
    Object.freeze(this)
  }

  /**
   * Allocates guest RAM: one shared WebAssembly.Memory, zeroed. The host commits its pages as they are touched.
   *
   * @param bytes 1 to 2^32.
   * @throws RangeError where the engine has no room for it.
   */
  static allocate(bytes: number, options?: GuestRamOptions): GuestRam {
    checkInteger(bytes, 'bytes', 1, MAX_BYTES)
    const settings = resolveOptions(options)
    const identity = newIdentity()
    const tables = sharedTables(bytes, identity)
    const { memory, buffer } = sharedBytes(bytes)
    noteIdentity(buffer, identity)
    if (memory === undefined && settings.lane === 'wasm')
      throw new TypeError(`options.lane is "wasm", but this engine has no shared WebAssembly.Memory`)
    return new GuestRam(MAKER, { memory, buffer, bytes, ...tables, blocks: [] }, settings)
  }

  /**
   * The same bytes in another thread.
   *
   * @param handle The `handle` of the other thread's GuestRam, after postMessage.
   */
  static attach(handle: GuestRamHandle, options?: GuestRamOptions): GuestRam {
    return new GuestRam(MAKER, checkHandle(handle), resolveOptions(options))
  }

  /**
   * Guest RAM in a buffer that someone else made. No kernel can reach it: the script lane serves it, with the same
   * contract, slower.
   *
   * @param buffer 1 to 2^32 bytes. Of a growable one, the bytes that it has now.
   */
  static wrap(buffer: SharedArrayBuffer, options?: GuestRamOptions): GuestRam {
    if (!isShared(buffer)) throw new TypeError(`buffer must be a SharedArrayBuffer, got ${show(buffer)}`)
    const bytes = checkInteger(buffer.byteLength, 'buffer.byteLength', 1, MAX_BYTES)
    const settings = resolveOptions(options)
    if (settings.lane === 'wasm')
      throw new TypeError(`options.lane is "wasm", but no kernel can reach a buffer that is not a WebAssembly.Memory's`)
    const tables = sharedTables(bytes, identityOf(buffer))
    return new GuestRam(MAKER, { memory: undefined, buffer, bytes, ...tables, blocks: [] }, settings)
  }

  /**
   * Cuts a RAM block: page aligned (4096 bytes), of any size. Any thread may cut; two never get the same bytes.
   *
   * @param name For people; blocks may share one.
   * @param bytes 1 to what is left.
   */
  block(name: string, bytes: number): RamBlock {
    checkText(name, 'name')
    checkInteger(bytes, 'bytes', 1, MAX_BYTES)
    const cut = new Int32Array(this.#cut)
    const pages = Math.ceil(bytes / GUEST_PAGE)
    for (;;) {
      const first = Atomics.load(cut, 0)
      const left = Math.max(0, this.bytes - first * GUEST_PAGE)
      if (bytes > left)
        throw new RangeError(`bytes must be at most the ${left} that are left of this guest RAM, got ${bytes}`)
      if (Atomics.compareExchange(cut, 0, first, first + pages) === first) {
        const block = new RamBlock(MAKER, this, name, first * GUEST_PAGE, bytes)
        this.#blocks.push(block)
        this.#givenBlocks = undefined
        return block
      }
    }
  }

  /** The blocks that this thread has cut, and those that its handle brought along, as of now: a frozen array. */
  get blocks(): readonly RamBlock[] {
    this.#givenBlocks ??= Object.freeze(this.#blocks.slice())
    return this.#givenBlocks
  }

  /** What `attach` takes in another thread. Lists the blocks that are known here at this moment. */
  get handle(): GuestRamHandle {
    this.dirty.share()
    return {
      memory: this.#memory,
      buffer: this.buffer,
      bytes: this.bytes,
      cut: this.#cut,
      dirty: this.dirty.buffer,
      blocks: this.#blocks.map(({ name, offset, size }) => ({ name, offset, size })),
    }
  }

  /** Always: of other guest RAM see LazyRam. For floors above. */
  get allocated(): boolean {
    return true
  }

  /** The whole buffer as typed arrays, in host byte order. For floors above. @internal */
  get elements(): Views {
    return this.#views
  }

  /**
   * Accesses to memory that is mapped as `cacheMode`, which decides how an unaligned access may be made. For floors
   * above. @internal
   */
  cells(cacheMode: CacheMode): Cells {
    const oneAccess = this.host.access[cacheMode].unaligned
    let cells = this.#cells.get(oneAccess)
    if (cells === undefined) {
      const { order, unaligned } = this.#settings
      cells = new Cells(this.#views, this.#kernel, { atomic: order === 'language', oneAccess, unaligned })
      this.#cells.set(oneAccess, cells)
    }
    return cells
  }
}

/** The kernels that serve guest RAM with these settings; undefined where script does. */
export function kernelFor(settings: RamSettings): KernelModule | undefined {
  if (settings.lane === 'script') return undefined
  if (settings.order === 'language') return kernelModule('language')
  const { widest, vectors } = settings.host.access.normal
  return (widest >= 16 && vectors ? kernelModule('wide') : undefined) ?? kernelModule('narrow')
}
