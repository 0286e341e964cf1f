import { isShared } from './access/views.ts'
import { DirtyBitmaps, IDENTITY } from './dirty/dirty-bitmaps.ts'

const WASM_PAGE = 65536
/** Addresses in guest RAM fit in 32 bits, as a WebAssembly memory's do. */
export const MAX_BYTES: number = 2 ** 32
/**
 * Pages that the memory may grow by, behind the guest RAM: for stages, in engines whose kernels have a single memory.
 * They take address space, and no memory until they are grown.
 */
const STAGE_PAGES = 1024

/** The bytes of a guest RAM, zeroed. The host commits pages of it as they are touched. */
export interface SharedBytes {
  /** Undefined where the engine has no WebAssembly, or no shared memory: no kernel can then reach the bytes. */
  readonly memory: WebAssembly.Memory | undefined
  readonly buffer: SharedArrayBuffer
}

/** @throws RangeError where the engine has no room for it. */
export function sharedBytes(bytes: number): SharedBytes {
  const pages = Math.ceil(bytes / WASM_PAGE)
  const memory = sharedMemory(pages)
  const buffer = memory?.buffer as unknown as SharedArrayBuffer | undefined
  return { memory, buffer: buffer ?? new SharedArrayBuffer(pages * WASM_PAGE) }
}

/** What threads share beside the bytes: how many pages have been cut into blocks, and the dirty bitmaps. */
export interface SharedTables {
  readonly cut: SharedArrayBuffer
  readonly dirty: SharedArrayBuffer
}

/** The size of `cut`: two Int32, the number of pages and the identity of the memory. */
export const CUT_BYTES = 8

/** @param identity Which memory they belong to, if that is known (memory-identity.ts). Both tables keep the number. */
export function sharedTables(bytes: number, identity: number): SharedTables {
  const cut = new SharedArrayBuffer(CUT_BYTES)
  const dirty = new SharedArrayBuffer(DirtyBitmaps.size(bytes))
  new Int32Array(cut)[1] = new Int32Array(dirty)[IDENTITY] = identity
  return { cut, dirty }
}

function sharedMemory(pages: number): WebAssembly.Memory | undefined {
  if (typeof WebAssembly === 'undefined') return undefined
  const maximum = Math.min(pages + STAGE_PAGES, MAX_BYTES / WASM_PAGE)
  const memory = new WebAssembly.Memory({ initial: pages, maximum, shared: true })
  return isShared(memory.buffer) ? memory : undefined
}
