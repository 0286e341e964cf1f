import type { GuestBytes } from '../access/guest-bytes.ts'
import { partOf } from '../access/user-part.ts'
import { isShared, type Views } from '../access/views.ts'
import { bulkCopyWithin, bulkFillBytes, bulkSetIn, bulkSetOut } from './bulk.ts'
import type { Lane } from './lane.ts'
import type { ScriptLane } from './script-lane.ts'

/** Up to this length a loop is quicker than the engine's copy, bytes. */
const LOOP_BYTES = 16

/**
 * Transfers of private guest RAM: nobody else can see the bytes, so that no order can be told, and each is the engine's own
 * copy. An array that other threads see is theirs to watch: what goes to it, or comes from it, is in order.
 */
export class EngineLane implements Lane {
  readonly name: 'engine'
  readonly #bytes: GuestBytes
  readonly #script: ScriptLane

  constructor(bytes: GuestBytes, script: ScriptLane) {
    this.name = 'engine'
    this.#bytes = bytes
    this.#script = script
  }

  copy(dst: number, src: number, length: number): void {
    this.bulkMove(dst, src, length)
  }

  move(dst: number, src: number, length: number): void {
    this.bulkMove(dst, src, length)
  }

  fill(dst: number, byte: number, length: number): void {
    this.bulkFill(dst, byte, length)
  }

  copyIn(dst: number, bytes: Uint8Array, at: number, length: number): void {
    const { u8 } = this.#bytes.live()
    const { buffer } = bytes
    // An array that has the bytes themselves may overlap.
    if (length <= LOOP_BYTES && buffer instanceof ArrayBuffer && buffer !== u8.buffer)
      for (let i = 0; i < length; i++) u8[dst + i] = bytes[at + i] as number
    else if (isShared(buffer)) this.#script.copyIn(dst, bytes, at, length)
    else bulkSetIn(u8, dst, at === 0 && length === bytes.length ? bytes : partOf(bytes, at, length))
  }

  copyOut(bytes: Uint8Array, at: number, src: number, length: number): void {
    const { u8 } = this.#bytes.live()
    const { buffer } = bytes
    if (length <= LOOP_BYTES && buffer instanceof ArrayBuffer && buffer !== u8.buffer)
      for (let i = 0; i < length; i++) bytes[at + i] = u8[src + i] as number
    else if (isShared(buffer)) this.#script.copyOut(bytes, at, src, length)
    else bulkSetOut(bytes, at, u8, src, length)
  }

  copyFrom(dst: number, from: Views, src: number, length: number): void {
    this.#bytes.live()
    this.#script.copyFrom(dst, from, src, length)
  }

  bulkMove(dst: number, src: number, length: number): void {
    bulkCopyWithin(this.#bytes.live().u8, dst, src, length)
  }

  bulkFill(dst: number, byte: number, length: number): void {
    bulkFillBytes(this.#bytes.live().u8, dst, byte, length)
  }

  bulkIn(dst: number, bytes: Uint8Array, at: number, length: number): void {
    this.copyIn(dst, bytes, at, length)
  }

  bulkOut(bytes: Uint8Array, at: number, src: number, length: number): void {
    this.copyOut(bytes, at, src, length)
  }
}
