import { type Views, viewsOf } from '../access/views.ts'
import type { KernelModule } from '../kernels/kernel.ts'

const WASM_PAGE = 65536
/** The most that a thread keeps for the next transfer, bytes; what needs more gets it for that transfer alone. */
const KEEP_BYTES = 16 * 2 ** 20

/**
 * The scratch memory that the kernels name $tmp: user buffers pass through it, and overlapping moves keep bytes in it.
 * No other thread and no guest sees it.
 */
export interface Stage {
  /** Its address in $tmp, bytes; a multiple of 64 KiB. */
  readonly base: number
  /** Its bytes; addresses count from the stage's beginning. To be read anew for each transfer: it grows. */
  readonly views: Views
  /** Makes it hold this many bytes; false where it can't, or should not keep as many. */
  hold(bytes: number): boolean
}

/** A stage in a memory of its own, for engines that have multi-memory. */
export class PrivateStage implements Stage {
  readonly base = 0
  readonly memory: WebAssembly.Memory
  views: Views

  constructor(bytes: number) {
    this.memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / WASM_PAGE), maximum: 65536, shared: false })
    this.views = viewsOf(this.memory.buffer)
  }

  hold(bytes: number): boolean {
    const more = bytes - this.views.u8.length
    if (more <= 0) return true
    if (bytes > KEEP_BYTES) return false
    this.memory.grow(Math.ceil(more / WASM_PAGE))
    this.views = viewsOf(this.memory.buffer)
    return true
  }
}

let threadStage: PrivateStage | undefined

/** One for all guest RAM of this thread: a transfer never waits, so two are never under way at once. */
export function privateStage(): PrivateStage {
  threadStage ??= new PrivateStage(WASM_PAGE)
  return threadStage
}

/**
 * A stage for the kernels of an engine with a single memory: pages that this thread grows behind the guest RAM, where
 * no RAM block reaches.
 */
class SharedStage implements Stage {
  base = 0
  views: Views = viewsOf(new ArrayBuffer(0))
  readonly #ram: WebAssembly.Memory

  constructor(ram: WebAssembly.Memory) {
    this.#ram = ram
    this.#grow(WASM_PAGE)
  }

  hold(bytes: number): boolean {
    if (bytes <= this.views.u8.length) return true
    if (bytes > KEEP_BYTES) return false
    try {
      // Another thread may have grown its own behind ours, and what is grown is never given back: twice as much as is
      // asked for, so that it is not asked for often.
      this.#grow(2 * bytes)
    } catch {
      return false
    }
    return true
  }

  #grow(bytes: number): void {
    const pages = Math.ceil(bytes / WASM_PAGE)
    this.base = this.#ram.grow(pages) * WASM_PAGE
    this.views = viewsOf(this.#ram.buffer, this.base, pages * WASM_PAGE)
  }
}

/** Undefined where there is no room for one. */
export function openStage(kernel: KernelModule, ram: WebAssembly.Memory): Stage | undefined {
  try {
    return kernel.privateScratch ? privateStage() : new SharedStage(ram)
  } catch {
    return undefined
  }
}

/** Puts a user's bytes on the stage. Only this thread sees it, so the engine's own copy may store them in any order. */
export function putOnStage(stage: Stage, at: number, user: Uint8Array): void {
  stage.views.u8.set(user, at)
}

/** Takes bytes off the stage, `part` of it, to a buffer that nobody else watches. */
export function takeOffStage(part: Uint8Array, user: Uint8Array, at: number): void {
  Uint8Array.prototype.set.call(user, part, at)
}
