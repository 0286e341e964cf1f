import { getCell, isCell, putCell } from '../access/cell-bytes.ts'
import type { Cells } from '../access/cells.ts'
import { type Views, viewsOf } from '../access/views.ts'
import { bulkCopyWithin, bulkFillBytes, bulkSetIn, bulkSetOut } from './bulk.ts'
import { admitScratch, type Lane, type ScratchPolicy, scratchBytes } from './lane.ts'
import { copyDown, copyViews, fillViews, moveRing, packViews } from './script-copy.ts'
import type { UserBuffer, UserBuffers } from './user-buffer.ts'

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
  /** Holds the bytes of one access on their way between guest RAM and another shared buffer. */
  readonly #cell: Views = viewsOf(new ArrayBuffer(8))

  constructor(ram: Views, cells: Cells, scratch: ScratchPolicy, users: UserBuffers) {
    this.name = 'script'
    this.#ram = ram
    this.#cells = cells
    this.#atomic = cells.atomic
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
    fillViews(this.#ram, dst, byte & 0xff, length, this.#atomic)
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
    const { views } = user
    const from = user.offset + at
    if (isCell(dst, length)) {
      if (views === undefined || !user.shared) putCell(this.#cells, dst, user.bytes, at, length)
      else {
        // One load, too, where the user's side is aligned (S2.1).
        copyViews(this.#cell, 0, views, from, length, false)
        putCell(this.#cells, dst, this.#cell.u8, 0, length)
      }
    } else if (views === undefined) packViews(this.#ram, dst, user.bytes, at, length, this.#atomic)
    else if (user.apart) copyViews(this.#ram, dst, views, from, length, this.#atomic)
    else this.#move(this.#ram, dst, views, from, length, this.#atomic)
  }

  /** To an array whose buffer is not the guest RAM's own buffer object. */
  copyUserOut(user: UserBuffer, at: number, src: number, length: number): void {
    if (isCell(src, length) && !user.shared) getCell(this.#cells, user.bytes, at, src, length)
    else {
      const views = user.views ?? viewsOf(user.buffer)
      const atomic = user.shared && this.#atomic
      const to = user.offset + at
      if (isCell(src, length)) {
        // One load, also where what is stored to is not aligned (S2.1).
        getCell(this.#cells, this.#cell.u8, 0, src, length)
        copyViews(views, to, this.#cell, 0, length, atomic)
      } else if (user.apart) copyViews(views, to, this.#ram, src, length, atomic)
      else this.#move(views, to, this.#ram, src, length, atomic)
    }
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
    bulkSetOut(bytes, at, this.#ram.u8, src, length)
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
