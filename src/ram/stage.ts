import type { KernelModule } from './kernels/kernel.ts'

const WASM_PAGE = 65536

/**
 * The scratch memory that the kernels name $tmp: user buffers pass through it, and overlapping moves keep bytes in it.
 * No other thread and no guest sees it.
 */
export interface Stage {
  /** Its address in $tmp, bytes; a multiple of 64 KiB. */
  readonly base: number
  readonly bytes: Uint8Array
}

/** A stage in a memory of its own, for engines that have multi-memory. */
export interface PrivateStage extends Stage {
  readonly memory: WebAssembly.Memory
}

let threadStage: PrivateStage | undefined

/** One for all guest RAM of this thread: a transfer never waits, so two are never under way at once. */
export function privateStage(): PrivateStage {
  threadStage ??= makePrivateStage(WASM_PAGE)
  return threadStage
}

export function makePrivateStage(bytes: number): PrivateStage {
  const pages = Math.ceil(bytes / WASM_PAGE)
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
  return { base: 0, bytes: new Uint8Array(memory.buffer), memory }
}

/**
 * A stage for the kernels of an engine with a single memory: a page that this thread grows behind the guest RAM, where no RAM
 * block reaches. Undefined where there is no room behind it.
 */
function growStage(ram: WebAssembly.Memory): Stage | undefined {
  try {
    const base = ram.grow(1) * WASM_PAGE
    return { base, bytes: new Uint8Array(ram.buffer, base, WASM_PAGE) }
  } catch {
    return undefined
  }
}

/** Puts a user's bytes on the stage. Only this thread sees it, so the engine's own copy may store them in any order. */
export function putOnStage(stage: Stage, at: number, user: Uint8Array): void {
  stage.bytes.set(user, at)
}

/** Takes bytes off the stage, `part` of it, to a buffer that nobody else watches. */
export function takeOffStage(part: Uint8Array, user: Uint8Array, at: number): void {
  user.set(part, at)
}

export function openStage(kernel: KernelModule, ram: WebAssembly.Memory): Stage | undefined {
  return kernel.privateScratch ? privateStage() : growStage(ram)
}
