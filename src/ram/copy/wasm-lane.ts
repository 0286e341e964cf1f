import { getCell, isCell, putCell } from '../access/cell-bytes.ts'
import type { Cells } from '../access/cells.ts'
import type { Views } from '../access/views.ts'
import { instantiate, type Kernel, type KernelModule } from '../kernels/kernel.ts'
import { admitScratch, type Lane, type ScratchPolicy, scratchBytes } from './lane.ts'
import type { ScriptLane } from './script-lane.ts'
import { newStage, openStage, putOnStage, type Stage, takeOffStage } from './stage.ts'
import type { UserBuffer, UserBuffers } from './user-buffer.ts'
import { copyLarge, copyWide } from './wide-copy.ts'

/** Up to this length a loop in script is quicker than the stage, which needs a view of the user's array; bytes. */
const SCRIPT_BYTES = 16
/**
 * Up to this length a loop over 64-bit elements is quicker than the engine's copy with the view that it needs; bytes.
 */
const SHORT_BYTES = 256
/** The same where 64-bit elements go straight to guest RAM: by way of the stage the bytes would be copied twice. */
const STRAIGHT_BYTES = 768
/** How much passes through the stage at once, bytes: so little that it stays in the first-level cache. */
const CHUNK_BYTES = 8192
/**
 * Where in the stage bytes are put is half a page away, modulo 4 KiB, from where they go in guest RAM. A CPU lets a
 * load wait for a recent store whose address has the same low 12 bits, and keeps the two in the same places of its
 * cache.
 */
const HALF_PAGE = 2048
/**
 * From this length on memory limits a copy, and a loop that loads and stores in turn is quicker than the stage;
 * bytes.
 */
const LARGE_BYTES = 2 ** 23

/**
 * The ordered transfers by WebAssembly kernels (kernels/ordered.wat). Kernels can't access a user's buffer: a short
 * transfer with one is made in script, a longer one passes through the stage.
 */
export class WasmLane implements Lane {
  readonly name: 'wasm'
  readonly #kernel: Kernel
  readonly #module: KernelModule
  readonly memory: WebAssembly.Memory
  readonly #script: ScriptLane
  readonly #views: Views
  /** The order in force is the host's, so plain stores of script are in order. */
  readonly #wide: boolean
  readonly #cells: Cells
  readonly #scratch: ScratchPolicy
  readonly #users: UserBuffers
  /** Undefined until it is needed first, and null where there is no room for one. */
  #stage: Stage | null | undefined
  /**
   * A view of the part of the stage that was copied out last. Kept, because making one costs more than a small copy.
   */
  #view: Uint8Array = new Uint8Array(0)
  #viewAt = 0

  constructor(
    kernel: Kernel,
    module: KernelModule,
    memory: WebAssembly.Memory,
    script: ScriptLane,
    views: Views,
    cells: Cells,
    scratch: ScratchPolicy,
    users: UserBuffers,
  ) {
    this.name = 'wasm'
    this.#kernel = kernel
    this.#module = module
    this.memory = memory
    this.#script = script
    this.#views = views
    this.#wide = !cells.atomic
    this.#cells = cells
    this.#scratch = scratch
    this.#users = users
  }

  copy(dst: number, src: number, length: number): void {
    this.#kernel.copy(dst, src, length)
  }

  move(dst: number, src: number, length: number): void {
    const distance = dst - src
    if (distance <= 0 || distance >= length) this.#kernel.copy(dst, src, length)
    else this.#moveUp(dst, distance, length)
  }

  fill(dst: number, byte: number, length: number): void {
    let at = dst
    let left = length
    if (length === 2 ** 32) {
      // A kernel's lengths are of 32 bits, in which this is 0. (A move of this length is one onto itself: nothing to
      // do.)
      left = at = length / 2
      this.#kernel.fill(0, byte, left)
    }
    this.#kernel.fill(at, byte, left)
  }

  // These two make the short transfers and leave the others to methods of their own, so that they are small enough
  // for the JIT to inline them into their callers.

  copyIn(dst: number, bytes: Uint8Array, at: number, length: number): void {
    const user = this.#users.of(bytes, at + length)
    const views = user.ownViews
    if (length <= SHORT_BYTES && views !== undefined) this.#shortIn(dst, user, views, at, length)
    else this.#longIn(dst, user, at, length, false)
  }

  copyOut(bytes: Uint8Array, at: number, src: number, length: number): void {
    const user = this.#users.of(bytes, at + length)
    const views = user.ownViews
    if (length <= SHORT_BYTES && views !== undefined) this.#shortOut(user, views, at, src, length)
    else this.#longOut(user, at, src, length, false)
  }

  copyFrom(dst: number, from: Views, src: number, length: number): void {
    this.#script.copyFrom(dst, from, src, length)
  }

  bulkMove(dst: number, src: number, length: number): void {
    this.#kernel.bulk(dst, src, length)
  }

  bulkFill(dst: number, byte: number, length: number): void {
    this.#script.bulkFill(dst, byte, length)
  }

  bulkIn(dst: number, bytes: Uint8Array, at: number, length: number): void {
    this.#longIn(dst, this.#users.of(bytes, at + length), at, length, true)
  }

  bulkOut(bytes: Uint8Array, at: number, src: number, length: number): void {
    this.#longOut(this.#users.of(bytes, at + length), at, src, length, true)
  }

  #moveUp(dst: number, distance: number, length: number): void {
    if (isCell(dst, length)) {
      // It is one load and then one store, which no overlap disturbs.
      this.#kernel.copy(dst, dst - distance, length)
      return
    }
    const scratch = scratchBytes(distance, length)
    if (!admitScratch(this.#scratch, scratch)) {
      this.#script.move(dst, dst - distance, length)
      return
    }
    let stage = this.#openStage()
    let kernel = this.#kernel
    if (stage?.hold(scratch) === false) {
      // More than a thread should keep: it gets a scratch memory for this move alone.
      stage = this.#module.privateScratch ? newStage(scratch) : null
      if (stage !== null) kernel = instantiate(this.#module, this.memory, stage.memory)
    }
    if (stage === null) this.#script.move(dst, dst - distance, length)
    else if (2 * distance < length) kernel.upRing(dst, distance, length, stage.base)
    else kernel.upSaved(dst, distance, length, stage.base)
  }

  /**
   * By 64-bit elements where both addresses are equal modulo 8; else over the stage, from where a kernel shifts them.
   */
  #shortIn(dst: number, user: UserBuffer, views: Views, at: number, length: number): void {
    const from = user.offset + at
    if (this.#wide && ((from - dst) & 7) === 0) copyWide(this.#views, dst, views, from, length)
    else if (isCell(dst, length)) putCell(this.#cells, dst, user.bytes, at, length)
    else {
      const stage = this.#openStage()
      if (stage === null) this.#script.copyUserIn(dst, user, at, length)
      else {
        const skew = ((dst + HALF_PAGE) & 0xff8) | (from & 7)
        copyWide(stage.views, skew, views, from, length)
        this.#kernel.copyIn(dst, stage.base + skew, length)
      }
    }
  }

  #shortOut(user: UserBuffer, views: Views, at: number, src: number, length: number): void {
    const to = user.offset + at
    const cell = isCell(src, length)
    // What may be one access must be one load; in the language order, of 64 bits, an atomic load.
    if (((to - src) & 7) === 0 && (this.#wide || !cell)) copyWide(views, to, this.#views, src, length)
    else if (cell) getCell(this.#cells, user.bytes, at, src, length)
    else {
      const stage = this.#openStage()
      if (stage === null) this.#script.copyUserOut(user, at, src, length)
      else {
        const skew = (to + HALF_PAGE) & 0xfff
        this.#kernel.copyOut(stage.base + skew, src, length)
        copyWide(views, to, stage.views, skew, length)
      }
    }
  }

  #longIn(dst: number, user: UserBuffer, at: number, length: number, bulk: boolean): void {
    const from = user.offset + at
    const straight = this.#wide && ((from - dst) & 7) === 0
    const views = user.ownViews
    if (user.guest) {
      if (bulk) this.bulkMove(dst, from, length)
      else this.move(dst, from, length)
    } else if (user.shared) this.#script.copyUserIn(dst, user, at, length)
    else if (isCell(dst, length)) putCell(this.#cells, dst, user.bytes, at, length)
    else if (length <= SCRIPT_BYTES) this.#script.copyUserIn(dst, user, at, length)
    else if (straight && length <= STRAIGHT_BYTES && views !== undefined)
      copyWide(this.#views, dst, views, from, length)
    else if (straight && length >= LARGE_BYTES) copyLarge(this.memory.buffer, dst, user.buffer, from, length)
    else this.#stageIn(dst, user, at, length, bulk)
  }

  #longOut(user: UserBuffer, at: number, src: number, length: number, bulk: boolean): void {
    const to = user.offset + at
    if (user.guest) {
      if (bulk) this.bulkMove(to, src, length)
      else this.move(to, src, length)
    } else if (user.shared) this.#script.copyUserOut(user, at, src, length)
    else if (isCell(src, length)) getCell(this.#cells, user.bytes, at, src, length)
    else if (this.#wide && length >= LARGE_BYTES && ((to - src) & 7) === 0)
      copyLarge(user.buffer, to, this.memory.buffer, src, length)
    else this.#stageOut(user, at, src, length, bulk)
  }

  #stageIn(dst: number, user: UserBuffer, at: number, length: number, bulk: boolean): void {
    const stage = this.#openStage()
    if (stage === null) {
      this.#script.copyUserIn(dst, user, at, length)
      return
    }
    const kernel = this.#kernel
    // The kernel is quickest where its two addresses are equal modulo 16. With a stage in shared memory the engine's
    // own copy onto it is the slower part, and that one is quickest where the user's address is.
    const skew = ((dst + HALF_PAGE) & 0xff0) | ((this.#module.privateScratch ? dst : user.offset + at) & 15)
    // With a private stage, chunks end where the destination is a multiple of 16, so that no vector store is cut in
    // two.
    let size = this.#module.privateScratch ? CHUNK_BYTES - (dst & 15) : CHUNK_BYTES
    for (let done = 0; done < length; done += size, size = CHUNK_BYTES) {
      if (size > length - done) size = length - done
      putOnStage(stage, skew, user.part(at + done, size))
      if (bulk) kernel.bulkIn(dst + done, stage.base + skew, size)
      else kernel.copyIn(dst + done, stage.base + skew, size)
    }
  }

  #stageOut(user: UserBuffer, at: number, src: number, length: number, bulk: boolean): void {
    const stage = this.#openStage()
    if (stage === null) {
      this.#script.copyUserOut(user, at, src, length)
      return
    }
    const kernel = this.#kernel
    const to = user.offset + at
    // Only two places are used, so that the view of the latest can often be used again.
    const skew = (~to & HALF_PAGE) | (this.#module.privateScratch ? 0 : to & 15)
    for (let done = 0; done < length; ) {
      const size = Math.min(CHUNK_BYTES, length - done)
      if (bulk) kernel.bulkOut(stage.base + skew, src + done, size)
      else kernel.copyOut(stage.base + skew, src + done, size)
      takeOffStage(this.#stageView(stage, skew, size), user.bytes, at + done)
      done += size
    }
  }

  #stageView(stage: Stage, at: number, length: number): Uint8Array {
    // When a stage behind the guest RAM has grown it begins elsewhere, while the view still shows its former place.
    // When a private stage has grown, the view's buffer is detached and its length is 0.
    if (this.#view.length !== length || this.#viewAt !== stage.base + at) {
      this.#view = stage.views.u8.subarray(at, at + length)
      this.#viewAt = stage.base + at
    }
    return this.#view
  }

  #openStage(): Stage | null {
    if (this.#stage === undefined) this.#stage = openStage(this.#module, this.memory)
    return this.#stage
  }
}
