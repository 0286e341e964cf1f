import { type Views, viewsOf } from '../access/views.ts'
import type { KernelModule } from '../kernels/kernel.ts'

const WASM_PAGE = 65536
/** The most that a thread keeps for the next transfer, bytes; what needs more gets it for that transfer alone. */
const KEEP_BYTES = 16 * 2 ** 20

/**
 * The scratch memory that the kernels name $tmp: user buffers pass through it, and overlapping moves keep bytes in it.
 * No other thread and no guest sees it.
 */
export class Stage {
  readonly memory: WebAssembly.Memory
  /** Its address in $tmp, bytes; a multiple of 64 KiB. */
  base: number
  /** Its bytes; addresses count from the stage's beginning. To be read anew for each transfer: it grows. */
  views: Views
  readonly #behindRam: boolean

  /**
   * @param memory One of its own, for engines that have multi-memory, or
   * @param behindRam the guest RAM's, which this thread grows by pages where no RAM block reaches.
   */
  constructor(memory: WebAssembly.Memory, behindRam: boolean, bytes: number) {
    this.memory = memory
    this.base = 0
    this.#behindRam = behindRam
    this.views = this.#grow(bytes)
  }

  /** Makes it hold this many bytes; false where it can't, or should not keep as many. */
  hold(bytes: number): boolean {
    const more = bytes - this.views.u8.length
    if (more <= 0) return true
    if (bytes > KEEP_BYTES) return false
    try {
      // Another thread may have grown its own behind ours, and what is grown is never given back: twice as much as is
      // asked for, so that it is not asked for often.
      this.views = this.#grow(this.#behindRam ? 2 * bytes : more)
    } catch {
      return false
    }
    return true
  }

  #grow(bytes: number): Views {
    const pages = Math.ceil(bytes / WASM_PAGE)
    const old = this.memory.grow(pages)
    if (this.#behindRam) this.base = old * WASM_PAGE
    return viewsOf(this.memory.buffer, this.base, (old + pages) * WASM_PAGE - this.base)
  }
}

/** One in a memory of its own. */
export function newStage(bytes: number): Stage {
  return new Stage(new WebAssembly.Memory({ initial: 0, maximum: 65536 }), false, bytes)
}

let threadStage: Stage | undefined

/** One for all guest RAM of this thread: a transfer never waits, so two are never under way at once. */
export function privateStage(): Stage {
  threadStage ??= newStage(WASM_PAGE)
  return threadStage
}

/** Null where there is no room for one. */
export function openStage(kernel: KernelModule, ram: WebAssembly.Memory): Stage | null {
  try {
    return kernel.privateScratch ? privateStage() : new Stage(ram, true, WASM_PAGE)
  } catch {
    return null
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
