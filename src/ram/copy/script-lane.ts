import { isCell } from '../access/cell-bytes.ts'
import type { Cells } from '../access/cells.ts'
import { fixedIn, fixedOut } from '../access/fixed-width.ts'
import { type Views, viewsOf } from '../access/views.ts'
import { bulkCopyWithin, bulkFillBytes, bulkSetIn, bulkSetOut } from './bulk.ts'
import { admitScratch, type Lane, type ScratchPolicy, scratchBytes } from './lane.ts'
import { copyDown, copyViews, moveRing } from './script-copy.ts'
import type { UserBuffer, UserBuffers } from './user-buffer.ts'

/** Up to this length a loop over bytes is quicker than to make views of a buffer that has none; bytes. */
const SHORT_BYTES = 64
/** How many bytes a fill takes from a private array again and again. */
const OWN_BYTES = 4096

/**
 * The ordered transfers in plain script: for buffers that no kernel can reach (a SharedArrayBuffer that someone else
 * made) and for pages whose policy forbids WebAssembly. Same contract, slower.
 */
export class ScriptLane implements Lane {
  readonly name: 'script'
  readonly #ram: Views
  readonly #cells: Cells
  readonly #atomic: boolean
  readonly #scratch: ScratchPolicy
  readonly #users: UserBuffers
  /** Has what is filled in, or the bytes of one access on their way between guest RAM and another shared buffer. */
  readonly #own: Views = viewsOf(new ArrayBuffer(OWN_BYTES + 8))

  /**
   * @param ram Its arrays may be replaced: when private memory has grown (GuestBytes).
   * @param atomic Stores to guest RAM, and to arrays that other threads see, are atomic.
   */
  constructor(ram: Views, cells: Cells, scratch: ScratchPolicy, users: UserBuffers, atomic: boolean = cells.atomic) {
    this.name = 'script'
    this.#ram = ram
    this.#cells = cells
    this.#atomic = atomic
    this.#scratch = scratch
    this.#users = users
  }

  copy(dst: number, src: number, length: number): void {
    copyViews(this.#ram, dst, this.#ram, src, length, this.#atomic)
  }

  move(dst: number, src: number, length: number): void {
    this.#move(this.#ram, dst, this.#ram, src, length, this.#atomic)
  }

  fill(dst: number, byte: number, length: number): void {
    // The elements of both sides line up.
    const skew = dst & 7
    bulkFillBytes(this.#own.u8, skew, byte, Math.min(length, OWN_BYTES))
    for (let done = 0; done < length; done += OWN_BYTES)
      copyViews(this.#ram, dst + done, this.#own, skew, Math.min(OWN_BYTES, length - done), this.#atomic)
  }

  copyIn(dst: number, bytes: Uint8Array, at: number, length: number): void {
    const user = this.#users.of(bytes, at + length)
    if (user.guest) this.move(dst, user.offset + at, length)
    else this.copyUserIn(dst, user, at, length)
  }

  copyOut(bytes: Uint8Array, at: number, src: number, length: number): void {
    const user = this.#users.of(bytes, at + length)
    if (user.guest) this.move(user.offset + at, src, length)
    else this.copyUserOut(user, at, src, length)
  }

  copyFrom(dst: number, from: Views, src: number, length: number): void {
    this.copyUserIn(dst, this.#users.ofElements(from), src, length)
  }

  /** From an array whose buffer is not the guest RAM's own buffer object. */
  copyUserIn(dst: number, user: UserBuffer, at: number, length: number): void {
    const cell = isCell(dst, length)
    if (!user.shared && (cell || (user.views === undefined && length <= SHORT_BYTES))) {
      fixedIn(this.#cells.live(), dst, user.bytes, at, length)
      return
    }
    const views = user.views ?? viewsOf(user.buffer)
    const from = user.offset + at
    if (cell) {
      // One load, too, where the user's side is aligned (S2.1).
      copyViews(this.#own, 0, views, from, length, false)
      fixedIn(this.#cells.live(), dst, this.#own.u8, 0, length)
    } else if (user.apart) copyViews(this.#ram, dst, views, from, length, this.#atomic)
    else this.#move(this.#ram, dst, views, from, length, this.#atomic)
  }

  /** To an array whose buffer is not the guest RAM's own buffer object. */
  copyUserOut(user: UserBuffer, at: number, src: number, length: number): void {
    const cell = isCell(src, length)
    if (cell && !user.shared) {
      fixedOut(this.#cells, user.bytes, at, src, length)
      return
    }
    const views = user.views ?? viewsOf(user.buffer)
    const atomic = user.shared && this.#atomic
    const to = user.offset + at
    if (cell) {
      // One load, also where what is stored to is not aligned (S2.1).
      fixedOut(this.#cells.live(), this.#own.u8, 0, src, length)
      copyViews(views, to, this.#own, 0, length, atomic)
    } else if (user.apart) copyViews(views, to, this.#ram, src, length, atomic)
    else this.#move(views, to, this.#ram, src, length, atomic)
  }

  bulkMove(dst: number, src: number, length: number): void {
    bulkCopyWithin(this.#ram.u8, dst, src, length)
  }

  bulkFill(dst: number, byte: number, length: number): void {
    bulkFillBytes(this.#ram.u8, dst, byte, length)
  }

  bulkIn(dst: number, bytes: Uint8Array, at: number, length: number): void {
    const user = this.#users.of(bytes, at + length)
    bulkSetIn(this.#ram.u8, dst, user.part(at, length))
  }

  bulkOut(bytes: Uint8Array, at: number, src: number, length: number): void {
    this.#users.of(bytes, at + length)
    bulkSetOut(bytes, at, this.#ram.u8.subarray(src, src + length))
  }

  /**
   * Between two sets of views that are of one memory, or may be. If they are, a byte has the same address in both,
   * and is loaded before anything is stored to it; if they are not, the same loads and stores are right as well.
   */
  #move(to: Views, dst: number, from: Views, src: number, length: number, atomic: boolean): void {
    const distance = dst - src
    const bytes = scratchBytes(distance, length)
    if (bytes === 0 || isCell(dst, length)) copyViews(to, dst, from, src, length, atomic)
    else if (!admitScratch(this.#scratch, bytes)) copyDown(to.u8, dst, from.u8, src, length, atomic)
    else if (2 * distance < length) moveRing(to.u8, dst, from.u8, src, length, atomic)
    else {
      // Up by half the length or more: the bytes that both ranges share are kept aside first (H13).
      const scratch = viewsOf(new ArrayBuffer(bytes))
      copyViews(scratch, 0, from, dst, bytes, false)
      copyViews(to, dst, from, src, distance, atomic)
      copyViews(to, dst + distance, scratch, 0, bytes, atomic)
    }
  }
}
