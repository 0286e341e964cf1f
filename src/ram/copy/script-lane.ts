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
  readonly name = 'script'
  readonly #ram: Views
  readonly #cells: Cells
  readonly #atomic: boolean
  readonly #scratch: ScratchPolicy
  readonly #users: UserBuffers
  /** One access on its way between guest RAM and what others may watch. */
  readonly #cell: Views = viewsOf(new ArrayBuffer(8))

  constructor(ram: Views, cells: Cells, scratch: ScratchPolicy, users: UserBuffers) {
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
    const distance = dst - src
    const bytes = scratchBytes(distance, length)
    if (bytes === 0 || isCell(dst, length)) copyViews(this.#ram, dst, this.#ram, src, length, this.#atomic)
    else if (!admitScratch(this.#scratch, bytes)) copyDown(this.#ram.u8, dst, src, length, this.#atomic)
    else if (2 * distance < length) moveRing(this.#ram.u8, dst, distance, length, this.#atomic)
    else this.#moveSaved(dst, src, length)
  }

  fill(dst: number, byte: number, length: number): void {
    fillViews(this.#ram, dst, byte & 0xff, length, this.#atomic)
  }

  copyIn(dst: number, bytes: Uint8Array, at: number, length: number): void {
    const user = this.#users.of(bytes)
    if (user.guest) this.move(dst, user.offset + at, length)
    else this.copyUserIn(dst, user, at, length)
  }

  copyOut(bytes: Uint8Array, at: number, src: number, length: number): void {
    const user = this.#users.of(bytes)
    if (user.guest) this.move(user.offset + at, src, length)
    else this.copyUserOut(user, at, src, length)
  }

  /** From a buffer that is known not to be the guest's. */
  copyUserIn(dst: number, user: UserBuffer, at: number, length: number): void {
    if (isCell(dst, length)) {
      if (user.views === undefined || !user.shared) putCell(this.#cells, dst, user.bytes, at, length)
      else {
        // One load, too, where the user's side is aligned (S2.1).
        copyViews(this.#cell, 0, user.views, user.offset + at, length, false)
        putCell(this.#cells, dst, this.#cell.u8, 0, length)
      }
    } else if (user.views === undefined) packViews(this.#ram, dst, user.bytes, at, length, this.#atomic)
    else copyViews(this.#ram, dst, user.views, user.offset + at, length, this.#atomic)
  }

  copyUserOut(user: UserBuffer, at: number, src: number, length: number): void {
    if (isCell(src, length) && !user.shared) getCell(this.#cells, user.bytes, at, src, length)
    else {
      const views = user.views ?? viewsOf(user.bytes.buffer)
      const atomic = user.shared && this.#atomic
      if (isCell(src, length)) {
        // One load, also where what is stored to is not aligned (S2.1).
        getCell(this.#cells, this.#cell.u8, 0, src, length)
        copyViews(views, user.offset + at, this.#cell, 0, length, atomic)
      } else copyViews(views, user.offset + at, this.#ram, src, length, atomic)
    }
  }

  bulkMove(dst: number, src: number, length: number): void {
    bulkCopyWithin(this.#ram.u8, dst, src, length)
  }

  bulkFill(dst: number, byte: number, length: number): void {
    bulkFillBytes(this.#ram.u8, dst, byte, length)
  }

  bulkIn(dst: number, bytes: Uint8Array, at: number, length: number): void {
    bulkSetIn(this.#ram.u8, dst, bytes, at, length)
  }

  bulkOut(bytes: Uint8Array, at: number, src: number, length: number): void {
    bulkSetOut(bytes, at, this.#ram.u8, src, length)
  }

  /** Up by half the length or more: the bytes that both ranges share are kept aside first (H13). */
  #moveSaved(dst: number, src: number, length: number): void {
    const distance = dst - src
    const kept = length - distance
    const scratch = viewsOf(new ArrayBuffer(kept))
    copyViews(scratch, 0, this.#ram, dst, kept, false)
    copyViews(this.#ram, dst, this.#ram, src, distance, this.#atomic)
    copyViews(this.#ram, dst + distance, scratch, 0, kept, this.#atomic)
  }
}
