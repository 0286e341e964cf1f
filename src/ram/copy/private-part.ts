import { bulkCopyWithin, bulkSetIn, bulkSetOut } from './bulk.ts'
import { LOOP_OUT } from './engine-lane.ts'

const NO_BUFFER = /* @__PURE__ */ new ArrayBuffer(0)
const NO_BYTES = /* @__PURE__ */ new Uint8Array(NO_BUFFER)

/**
 * A part of private guest RAM that a request was about, and the user's array of that request: a device mostly goes on with
 * both. Only this thread sees the bytes of either, and so a request that stays within them is one copy of the engine's. A
 * short one takes little longer than what is checked before it, so that no more is checked than must be.
 *
 * Who has one forgets it when the part is seen at other addresses or not at all, and when what is stored to it must be marked.
 * Where the memory has grown, these are no bytes any more.
 */
export class PrivatePart {
  /** 0 where there is none. */
  bytes: number
  /** The array. None of the guest RAM's bytes are in it. */
  apart: Uint8Array
  #u8: Uint8Array = NO_BYTES
  /** The address of the first byte. */
  #start = 0
  /** Where the bytes are. To ask an array for its buffer takes as long as to copy 256 bytes. */
  #buffer: ArrayBufferLike = NO_BUFFER
  #base = 0

  constructor() {
    this.bytes = 0
    this.apart = NO_BYTES
  }

  forget(): void {
    this.bytes = 0
    this.apart = this.#u8 = NO_BYTES
    this.#buffer = NO_BUFFER
  }

  /** @param apart What the lane of the guest RAM was given last. */
  take(apart: Uint8Array, u8: Uint8Array, start: number): void {
    this.apart = apart
    if (u8 === this.#u8) return
    this.bytes = u8.length
    this.#u8 = u8
    this.#start = start
    this.#buffer = u8.buffer
    this.#base = u8.byteOffset
  }

  // Each of these returns false, and has done nothing, where the request is about something else or an argument is wrong.

  /** @param bytes It is `apart`. */
  read(address: unknown, bytes: Uint8Array): boolean {
    const { length } = bytes
    const at = this.#find(address, length)
    // Its length is the engine's, too, as it has a last byte and none after that.
    if (at < 0 || bytes[length - 1] === undefined || bytes[length] !== undefined) return false
    if (length <= LOOP_OUT) for (let i = 0; i < length; i++) bytes[i] = this.#u8[at + i] as number
    else bulkSetOut(bytes, 0, new Uint8Array(this.#buffer, this.#base + at, length))
    return true
  }

  /** @param bytes It is `apart`. */
  write(address: unknown, bytes: Uint8Array): boolean {
    const at = this.#find(address, bytes.length)
    if (at < 0) return false
    try {
      // It throws, and has stored nothing, where the array is detached, or is longer than it says and leaves the part.
      bulkSetIn(this.#u8, at, bytes)
      return true
    } catch {
      return false
    }
  }

  copy(address: unknown, source: unknown, length: unknown): boolean {
    // None are left to who looks whether the memory has grown, which leaves no bytes here.
    if (typeof length !== 'number' || length >>> 0 !== length || !length) return false
    const dst = this.#find(address, length)
    const src = this.#find(source, length)
    if (dst < 0 || src < 0) return false
    bulkCopyWithin(this.#u8, dst, src, length)
    return true
  }

  /** The index of an address where the part has so many bytes from there on, else -1. */
  #find(address: unknown, length: number): number {
    if (typeof address !== 'number') return -1
    const at = address - this.#start
    // What is an unsigned integer of 32 bits after this subtraction was an integer before it.
    return at >>> 0 === at && at + length <= this.#u8.length ? at : -1
  }
}
