import { isShared } from './access/views.ts'
import { DirtyBitmaps, IDENTITY } from './dirty/dirty-bitmaps.ts'
import { PageMap } from './page-map.ts'

const WASM_PAGE = 65536
/** Addresses in guest RAM fit in 32 bits, as a WebAssembly memory's do. */
export const MAX_BYTES: number = 2 ** 32
/**
 * Pages that the memory may grow by, behind the guest RAM: for stages, in engines whose kernels have a single memory.
 * They take address space, and no memory until they are grown.
 */
const STAGE_PAGES = 1024

/** The bytes of a guest RAM, zeroed. The host commits pages of it as they are touched. */
export interface AllocatedBytes {
  /** Undefined where the engine has no WebAssembly, or no shared memory: no kernel can then reach the bytes. */
  readonly memory: WebAssembly.Memory | undefined
  readonly buffer: ArrayBufferLike
}

/** @throws RangeError where the engine has no room for it. */
export function allocateBytes(bytes: number, shared: boolean): AllocatedBytes {
  if (!shared) return { memory: undefined, buffer: new ArrayBuffer(bytes) }
  const pages = Math.ceil(bytes / WASM_PAGE)
  const released = pool.get(pages)?.pop()
  if (released !== undefined) return released
  const memory = sharedMemory(pages)
  return { memory, buffer: memory?.buffer ?? new SharedArrayBuffer(pages * WASM_PAGE) }
}

/**
 * Shared memory that was released, by its size in pages. Engines do not count it when they decide whether to collect what
 * nobody refers to (V8 keeps a hundred memories of 64 MiB), so that it is used again.
 */
const pool = /* @__PURE__ */ new Map<number, AllocatedBytes[]>()

/** Keeps zeroed shared memory, of which no other thread can know, for the next guest RAM of `bytes` bytes. */
export function keepReleased(bytes: number, { memory, buffer }: AllocatedBytes): void {
  const pages = Math.ceil(bytes / WASM_PAGE)
  const kept = pool.get(pages) ?? []
  kept.push({ memory, buffer })
  pool.set(pages, kept)
}

/** True where threads can share memory: in a page only if it is isolated. */
export function canShare(): boolean {
  const { crossOriginIsolated } = globalThis as { crossOriginIsolated?: boolean }
  return crossOriginIsolated !== false && typeof SharedArrayBuffer !== 'undefined'
}

/** What stands beside the bytes, and is shared where they are: which pages are in blocks, and the dirty bitmaps. */
export interface Tables {
  readonly cut: ArrayBufferLike
  readonly dirty: ArrayBufferLike
}

/**
 * @param bytes Of the memory, which may be more than is guest RAM.
 * @param identity Which memory they belong to, if that is known (memory-identity.ts). Both tables keep the number.
 */
export function makeTables(bytes: number, identity: number, shared: boolean): Tables {
  const make = (size: number): ArrayBufferLike => (shared ? new SharedArrayBuffer(size) : new ArrayBuffer(size))
  const cut = make(PageMap.size(bytes))
  const dirty = make(DirtyBitmaps.size(bytes))
  new PageMap(cut).identity = new Int32Array(dirty)[IDENTITY] = identity
  return { cut, dirty }
}

function sharedMemory(pages: number): WebAssembly.Memory | undefined {
  if (typeof WebAssembly === 'undefined') return undefined
  const maximum = Math.min(pages + STAGE_PAGES, MAX_BYTES / WASM_PAGE)
  const memory = new WebAssembly.Memory({ initial: pages, maximum, shared: true })
  return isShared(memory.buffer) ? memory : undefined
}
