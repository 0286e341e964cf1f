import { getCell, isCell, putCell } from '../access/cell-bytes.ts'
import type { Cells } from '../access/cells.ts'
import type { Views } from '../access/views.ts'
import { instantiate, type Kernel, type KernelModule } from '../kernels/kernel.ts'
import { admitScratch, type Lane, type ScratchPolicy, scratchBytes } from './lane.ts'
import type { ScriptLane } from './script-lane.ts'
import { openStage, PrivateStage, putOnStage, type Stage, takeOffStage } from './stage.ts'
import type { UserBuffer, UserBuffers } from './user-buffer.ts'
import { copyLarge, copyWide } from './wide-copy.ts'

/** Up to here loops in script beat the stage, which takes a view of the user's array; bytes. */
const SCRIPT_BYTES = 16
/** Up to here a loop over 64-bit elements beats the engine's copy and the view that it takes; bytes. */
const SHORT_BYTES = 256
/** The same where 64-bit elements go straight to guest RAM: the way there by the stage takes a second copy. */
const STRAIGHT_BYTES = 768
/** What passes through the stage at once: it stays in the first-level cache on its way. */
const CHUNK_BYTES = 8192
/**
 * The stage is used half a page away, modulo 4 KiB, from what its bytes are stored to next: a load whose address agrees
 * with a recent store's in its low 12 bits waits for that store, and is put into the same places of the cache.
 */
const HALF_PAGE = 2048
/** From here on memory is what limits a copy, and a loop that reads and writes in turn beats the stage; bytes. */
const LARGE_BYTES = 2 ** 23
/** The kernel carries part of a ring's scratch in a register, which it spills beside the ring. */
const RING_SPILL_BYTES = 16

/**
 * The ordered transfers by WebAssembly kernels (kernels/ordered.wat). A user's buffer is out of their reach: what is
 * short is moved in script, the rest passes through the stage.
 */
export class WasmLane implements Lane {
  readonly name: 'wasm'
  readonly #kernel: Kernel
  readonly #module: KernelModule
  readonly #memory: WebAssembly.Memory
  readonly #script: ScriptLane
  readonly #views: Views
  /** Plain stores are in order here. */
  readonly #wide: boolean
  readonly #cells: Cells
  readonly #scratch: ScratchPolicy
  readonly #users: UserBuffers
  #stage: Stage | undefined
  #stageOpened = false
  /** The latest part of the stage that was copied out: making a view costs more than a small copy. */
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
    this.#memory = memory
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
      // One more than a kernel's lengths, of 32 bits, can say. (A move of as many is one onto itself, and changes nothing.)
      left = at = length / 2
      this.#kernel.fill(0, byte, left)
    }
    this.#kernel.fill(at, byte, left)
  }

  // What is short comes first and the rest is apart, so that the JIT inlines it where it is called from.

  copyIn(dst: number, bytes: Uint8Array, at: number, length: number): void {
    const user = this.#users.of(bytes, at + length)
    const views = user.ownViews
    if (length <= SHORT_BYTES && views !== undefined) this.#shortIn(dst, user, views, at, length)
    else this.#longIn(dst, user, at, length)
  }

  copyOut(bytes: Uint8Array, at: number, src: number, length: number): void {
    const user = this.#users.of(bytes, at + length)
    const views = user.ownViews
    if (length <= SHORT_BYTES && views !== undefined) this.#shortOut(user, views, at, src, length)
    else this.#longOut(user, at, src, length)
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
    const user = this.#users.of(bytes, at + length)
    if (user.guest) this.bulkMove(dst, user.offset + at, length)
    else if (user.shared) this.#script.copyUserIn(dst, user, at, length)
    else this.#stageIn(dst, user, at, length, true)
  }

  bulkOut(bytes: Uint8Array, at: number, src: number, length: number): void {
    const user = this.#users.of(bytes, at + length)
    if (user.guest) this.bulkMove(user.offset + at, src, length)
    else if (user.shared) this.#script.copyUserOut(user, at, src, length)
    else this.#stageOut(user, at, src, length, true)
  }

  #moveUp(dst: number, distance: number, length: number): void {
    if (isCell(dst, length)) {
      // One load and one store: overlap does not matter.
      this.#kernel.copy(dst, dst - distance, length)
      return
    }
    const scratch = scratchBytes(distance, length)
    if (!admitScratch(this.#scratch, scratch)) {
      this.#script.move(dst, dst - distance, length)
      return
    }
    const needed = scratch + RING_SPILL_BYTES
    let stage = this.#openStage()
    let kernel = this.#kernel
    if (stage?.hold(needed) === false) {
      // More than a thread should keep: a scratch for this move alone.
      const large = this.#module.privateScratch ? new PrivateStage(needed) : undefined
      if (large !== undefined) kernel = instantiate(this.#module, this.#memory, large.memory)
      stage = large
    }
    if (stage === undefined) this.#script.move(dst, dst - distance, length)
    else if (2 * distance < length) kernel.upRing(dst, distance, length, stage.base)
    else kernel.upSaved(dst, distance, length, stage.base)
  }

  /** Where the two sides line up 64-bit elements go straight across; else a kernel shifts them, from the stage. */
  #shortIn(dst: number, user: UserBuffer, views: Views, at: number, length: number): void {
    const from = user.offset + at
    if (this.#wide && ((from - dst) & 7) === 0) copyWide(this.#views, dst, views, from, length)
    else if (isCell(dst, length)) putCell(this.#cells, dst, user.bytes, at, length)
    else {
      const stage = this.#openStage()
      if (stage === undefined) this.#script.copyUserIn(dst, user, at, length)
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
    // A cell is one load. In the language order one of 64 bits is an atomic one.
    if (((to - src) & 7) === 0 && (this.#wide || !cell)) copyWide(views, to, this.#views, src, length)
    else if (cell) getCell(this.#cells, user.bytes, at, src, length)
    else {
      const stage = this.#openStage()
      if (stage === undefined) this.#script.copyUserOut(user, at, src, length)
      else {
        const skew = (to + HALF_PAGE) & 0xfff
        this.#kernel.copyOut(stage.base + skew, src, length)
        copyWide(views, to, stage.views, skew, length)
      }
    }
  }

  #longIn(dst: number, user: UserBuffer, at: number, length: number): void {
    const from = user.offset + at
    const straight = this.#wide && ((from - dst) & 7) === 0
    const views = user.ownViews
    if (user.guest) this.move(dst, from, length)
    else if (user.shared) this.#script.copyUserIn(dst, user, at, length)
    else if (isCell(dst, length)) putCell(this.#cells, dst, user.bytes, at, length)
    else if (length <= SCRIPT_BYTES) this.#script.copyUserIn(dst, user, at, length)
    else if (straight && length <= STRAIGHT_BYTES && views !== undefined)
      copyWide(this.#views, dst, views, from, length)
    else if (straight && length >= LARGE_BYTES) copyLarge(this.#memory.buffer, dst, user.buffer, from, length)
    else this.#stageIn(dst, user, at, length, false)
  }

  #longOut(user: UserBuffer, at: number, src: number, length: number): void {
    const to = user.offset + at
    if (user.guest) this.move(to, src, length)
    else if (user.shared) this.#script.copyUserOut(user, at, src, length)
    else if (isCell(src, length)) getCell(this.#cells, user.bytes, at, src, length)
    else if (this.#wide && length >= LARGE_BYTES && ((to - src) & 7) === 0)
      copyLarge(user.buffer, to, this.#memory.buffer, src, length)
    else this.#stageOut(user, at, src, length, false)
  }

  #stageIn(dst: number, user: UserBuffer, at: number, length: number, bulk: boolean): void {
    const stage = this.#openStage()
    if (stage === undefined) {
      this.#script.copyUserIn(dst, user, at, length)
      return
    }
    const kernel = this.#kernel
    // The kernel copies fastest where both sides line up; the engine's copy between shared memories depends on it.
    const skew = ((dst + HALF_PAGE) & 0xff0) | ((this.#module.privateScratch ? dst : user.offset + at) & 15)
    // Chunks end on a multiple of 16, so that no vector is cut; but not where the source would fall out of line.
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
    if (stage === undefined) {
      this.#script.copyUserOut(user, at, src, length)
      return
    }
    const kernel = this.#kernel
    const to = user.offset + at
    // One of two places, for the view of the latest to be of use again.
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
    // A stage that grew behind the guest RAM begins elsewhere; one in a memory of its own has left the view without bytes.
    if (this.#view.length !== length || this.#viewAt !== stage.base + at) {
      this.#view = stage.views.u8.subarray(at, at + length)
      this.#viewAt = stage.base + at
    }
    return this.#view
  }

  #openStage(): Stage | undefined {
    if (!this.#stageOpened) {
      this.#stage = openStage(this.#module, this.#memory)
      this.#stageOpened = true
    }
    return this.#stage
  }
}
