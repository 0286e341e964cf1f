import { bufferOf } from '../../check.ts'
import type { GuestBytes } from '../access/guest-bytes.ts'
import { partOf } from '../access/user-part.ts'
import { isShared, type Views } from '../access/views.ts'
import { bulkCopyWithin, bulkFillBytes, bulkSetIn, bulkSetOut } from './bulk.ts'
import type { Lane } from './lane.ts'
import type { ScriptLane } from './script-lane.ts'

/** Up to these lengths a loop is quicker than the engine's copy: of an array as it is, of one that must be made. Bytes. */
const LOOP_IN = 4
export const LOOP_OUT = 24

const NO_BYTES = /* @__PURE__ */ new Uint8Array(0)

/**
 * Transfers of private guest RAM: nobody else can see the bytes, so that no order can be told, and each is the engine's own
 * copy. An array that other threads see is theirs to watch: what goes to it, or comes from it, is in order.
 */
export class EngineLane implements Lane {
  readonly name: 'engine'
  readonly #bytes: GuestBytes
  readonly #script: ScriptLane
  /**
   * The latest array that only this thread sees and that has none of these bytes. A device moves its data through one array
   * again and again, and to ask an array for its buffer takes as long as to copy 256 bytes.
   */
  apart: Uint8Array
  /** The latest buffer of the bytes, and the elements of which it is. */
  #buffer: ArrayBufferLike
  #elements: Uint8Array

  constructor(bytes: GuestBytes, script: ScriptLane) {
    this.name = 'engine'
    this.#bytes = bytes
    this.#script = script
    this.apart = NO_BYTES
    this.#buffer = NO_BYTES.buffer
    this.#elements = NO_BYTES
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
    const isApart = bytes === this.apart || this.#seesNone(bytes, u8)
    if (isApart && length <= LOOP_IN) for (let i = 0; i < length; i++) u8[dst + i] = bytes[at + i] as number
    else if (!isApart && isShared(bufferOf.call(bytes))) this.#script.copyIn(dst, bytes, at, length)
    else bulkSetIn(u8, dst, at === 0 && length === bytes.length ? bytes : partOf(bytes, at, length))
  }

  copyOut(bytes: Uint8Array, at: number, src: number, length: number): void {
    const { u8 } = this.#bytes.live()
    const isApart = bytes === this.apart || this.#seesNone(bytes, u8)
    if (isApart && length <= LOOP_OUT) for (let i = 0; i < length; i++) bytes[at + i] = u8[src + i] as number
    else if (!isApart && isShared(bufferOf.call(bytes))) this.#script.copyOut(bytes, at, src, length)
    else {
      if (u8 !== this.#elements) {
        this.#elements = u8
        this.#buffer = u8.buffer
      }
      bulkSetOut(bytes, at, new Uint8Array(this.#buffer, src, length))
    }
  }

  /** Whether an array is apart from `u8`, and no other thread's; if so it is remembered. */
  #seesNone(bytes: Uint8Array, u8: Uint8Array): boolean {
    const buffer = bufferOf.call(bytes)
    if (buffer === u8.buffer || isShared(buffer)) return false
    this.apart = bytes
    return true
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
