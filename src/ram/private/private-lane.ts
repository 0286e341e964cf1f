import { isShared, type Views } from '../access/views.ts'
import type { Lane } from '../copy/lane.ts'
import type { PrivateMemory } from './private-memory.ts'

/** Up to this length a loop is quicker than the engine's copy with the view that it may need, bytes. */
const LOOP_BYTES = 32

/**
 * Transfers of private guest RAM: nobody else can see the bytes, so that no order can be told, and each is the engine's own
 * copy. What goes to or comes from an array that other threads see is theirs to watch: `ordered` stores it, in order.
 */
export class PrivateLane implements Lane {
  readonly name: 'engine'
  readonly #memory: PrivateMemory
  readonly #ordered: () => Lane

  /** @param ordered Makes the lane for arrays that are shared. */
  constructor(memory: PrivateMemory, ordered: () => Lane) {
    this.name = 'engine'
    this.#memory = memory
    this.#ordered = ordered
  }

  copy(dst: number, src: number, length: number): void {
    this.#memory.live().views.u8.copyWithin(dst, src, src + length)
  }

  move(dst: number, src: number, length: number): void {
    this.copy(dst, src, length)
  }

  fill(dst: number, byte: number, length: number): void {
    this.#memory.live().views.u8.fill(byte, dst, dst + length)
  }

  copyIn(dst: number, bytes: Uint8Array, at: number, length: number): void {
    const { u8 } = this.#memory.live().views
    if (isShared(bytes.buffer)) this.#ordered().copyIn(dst, bytes, at, length)
    else if (length > LOOP_BYTES || bytes.buffer === u8.buffer) u8.set(part(bytes, at, length), dst)
    else for (let i = 0; i < length; i++) u8[dst + i] = bytes[at + i] as number
  }

  copyOut(bytes: Uint8Array, at: number, src: number, length: number): void {
    const { u8 } = this.#memory.live().views
    if (isShared(bytes.buffer)) this.#ordered().copyOut(bytes, at, src, length)
    else if (length > LOOP_BYTES || bytes.buffer === u8.buffer) bytes.set(u8.subarray(src, src + length), at)
    else for (let i = 0; i < length; i++) bytes[at + i] = u8[src + i] as number
  }

  copyFrom(dst: number, from: Views, src: number, length: number): void {
    this.#memory.live().views.u8.set(from.u8.subarray(src, src + length), dst)
  }

  bulkMove(dst: number, src: number, length: number): void {
    this.copy(dst, src, length)
  }

  bulkFill(dst: number, byte: number, length: number): void {
    this.fill(dst, byte, length)
  }

  bulkIn(dst: number, bytes: Uint8Array, at: number, length: number): void {
    this.copyIn(dst, bytes, at, length)
  }

  bulkOut(bytes: Uint8Array, at: number, src: number, length: number): void {
    this.copyOut(bytes, at, src, length)
  }
}

function part(bytes: Uint8Array, at: number, length: number): Uint8Array {
  return at === 0 && length === bytes.length ? bytes : bytes.subarray(at, at + length)
}
