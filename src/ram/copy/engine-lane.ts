import type { GuestBytes } from '../access/guest-bytes.ts'
import { isShared, type Views } from '../access/views.ts'
import type { Lane } from './lane.ts'
import type { ScriptLane } from './script-lane.ts'

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
    this.bulkIn(dst, bytes, at, length)
  }

  copyOut(bytes: Uint8Array, at: number, src: number, length: number): void {
    this.bulkOut(bytes, at, src, length)
  }

  copyFrom(dst: number, from: Views, src: number, length: number): void {
    this.#bytes.live()
    this.#script.copyFrom(dst, from, src, length)
  }

  bulkMove(dst: number, src: number, length: number): void {
    this.#bytes.live()
    this.#script.bulkMove(dst, src, length)
  }

  bulkFill(dst: number, byte: number, length: number): void {
    this.#bytes.live()
    this.#script.bulkFill(dst, byte, length)
  }

  bulkIn(dst: number, bytes: Uint8Array, at: number, length: number): void {
    this.#bytes.live()
    if (isShared(bytes.buffer)) this.#script.copyIn(dst, bytes, at, length)
    else this.#script.bulkIn(dst, bytes, at, length)
  }

  bulkOut(bytes: Uint8Array, at: number, src: number, length: number): void {
    this.#bytes.live()
    if (isShared(bytes.buffer)) this.#script.copyOut(bytes, at, src, length)
    else this.#script.bulkOut(bytes, at, src, length)
  }
}
