import { bufferOf, lengthOf, offsetOf, refuseStale } from '../../check.ts'
import { isShared, type Views, viewsOf } from '../access/views.ts'
import { areTwo, identityOf } from '../memory-identity.ts'

/** What a lane has to know of a user's Uint8Array before it moves bytes. Valid until the next array is looked up. */
export interface UserBuffer {
  readonly bytes: Uint8Array
  readonly buffer: ArrayBufferLike
  /** Bytes, as the engine says. */
  readonly length: number
  /** Where the array begins in its buffer, bytes. */
  readonly offset: number
  /** It is a view of this guest RAM's own buffer: RAM to RAM, where overlap matters. */
  readonly guest: boolean
  /** Others may watch it: it is moved by elements of `views`, in order. */
  readonly shared: boolean
  /**
   * It is known that the array's buffer is not of the guest RAM's memory. If false, it may be another buffer object
   * of the same memory (memory-identity.ts), and a transfer must be right both where the two overlap and where they
   * don't.
   */
  readonly apart: boolean
  /**
   * Of the whole buffer. Undefined where it was seen once only, or is resizable, so that views of it could go stale.
   */
  readonly views: Views | undefined
  /** The same, but undefined for a buffer that others may watch. */
  readonly ownViews: Views | undefined
  /** `length` bytes from `at` on. If these are all, the array itself: to make a view takes longer than a small copy. */
  part(at: number, length: number): Uint8Array
}

const NO_BYTES = /* @__PURE__ */ new Uint8Array(0)

/**
 * Looks a user's array up. The latest is remembered, and kept alive until the next: a device moves its data through one
 * buffer again and again, and asking an array for its buffer costs as much as copying 64 bytes.
 */
export class UserBuffers implements UserBuffer {
  bytes: Uint8Array
  buffer: ArrayBufferLike
  length: number
  offset: number
  guest: boolean
  shared: boolean
  apart: boolean
  views: Views | undefined
  ownViews: Views | undefined
  readonly #ram: ArrayBufferLike
  readonly #ramBytes: number
  /** The buffer has been seen once, and has no views yet. */
  #fresh = false

  /** @param ramBytes The guest RAM's size: no buffer object of its memory is shorter. */
  constructor(ram: ArrayBufferLike, ramBytes: number = ram.byteLength) {
    this.bytes = NO_BYTES
    this.buffer = NO_BYTES.buffer
    this.length = 0
    this.offset = 0
    this.guest = false
    this.shared = false
    this.apart = true
    this.views = undefined
    this.ownViews = undefined
    this.#ram = ram
    this.#ramBytes = ramBytes
  }

  /**
   * @param end How far into the array the transfer reaches, bytes.
   * @throws TypeError where the array has no such byte: it was detached or shrunk while a request was under way.
   */
  of(bytes: Uint8Array, end: number): UserBuffer {
    // If its length has changed, the array's buffer was detached or resized.
    if (this.bytes !== bytes || this.length !== bytes.length || end > this.length) this.#look(bytes, end)
    else if (this.#fresh) this.#lookAgain()
    return this
  }

  part(at: number, length: number): Uint8Array {
    return length === this.length ? this.bytes : new Uint8Array(this.buffer, this.offset + at, length)
  }

  /** Makes views for a buffer that is used again, unless it is resizable: they could go stale. */
  #lookAgain(): void {
    const buffer = this.buffer as ArrayBufferLike & { resizable?: boolean }
    this.#fresh = false
    if (buffer.resizable === true) return
    this.views = viewsOf(buffer)
    this.ownViews = this.views
  }

  #look(bytes: Uint8Array, end: number): void {
    const length = lengthOf.call(bytes)
    if (end > length) refuseStale('bytes')
    this.#take(bytes, bufferOf.call(bytes), offsetOf.call(bytes), length)
  }

  /** Another guest RAM's elements, in place of an array. */
  ofElements(views: Views): UserBuffer {
    const { u8 } = views
    if (this.bytes !== u8) this.#take(u8, u8.buffer, 0, u8.length)
    this.views = views
    return this
  }

  #take(bytes: Uint8Array, buffer: ArrayBufferLike, offset: number, length: number): void {
    if (buffer !== this.buffer) {
      this.buffer = buffer
      this.guest = buffer === this.#ram
      this.shared = isShared(buffer)
      this.apart =
        !this.shared || buffer.byteLength < this.#ramBytes || areTwo(identityOf(buffer), identityOf(this.#ram))
      // For a buffer that is used only once, views cost more than they save. Shared bytes are moved by nothing else.
      this.views = this.shared ? viewsOf(buffer) : undefined
      this.ownViews = undefined
      this.#fresh = !this.shared
    } else if (this.#fresh) this.#lookAgain()
    // A growable buffer may have grown since its views were made.
    else if (this.shared && this.views?.u8.length !== buffer.byteLength) this.views = viewsOf(buffer)
    this.bytes = bytes
    this.length = length
    this.offset = offset
  }
}
