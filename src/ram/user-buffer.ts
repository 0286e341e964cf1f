import { type Views, viewsOf } from './views.ts'

/** What a lane has to know of a user's Uint8Array before it moves bytes. */
export interface UserBuffer {
  readonly bytes: Uint8Array
  readonly length: number
  /** Where the array begins in its buffer, bytes. */
  readonly offset: number
  /** It is a view of this guest RAM: RAM to RAM, where overlap matters. */
  readonly guest: boolean
  /** Others may watch it: it is moved by elements of `views`, in order. */
  readonly shared: boolean
  /** Undefined where views could go stale (a resizable buffer). */
  readonly views: Views | undefined
}

/** A buffer over this is not remembered, so that at most this much of a user's memory is kept alive. */
const KEEP_BYTES = 1 << 20

/**
 * Looks a user's array up. The latest is remembered: a device moves its data through one buffer again and again, and
 * asking an array for its buffer costs as much as copying 64 bytes.
 */
export class UserBuffers {
  readonly #ram: ArrayBufferLike
  #latest: UserBuffer

  constructor(ram: ArrayBufferLike) {
    this.#ram = ram
    this.#latest = describe(new Uint8Array(0), ram)
  }

  of(bytes: Uint8Array): UserBuffer {
    const latest = this.#latest
    // A length that changed is a buffer that was detached or resized: look again.
    if (latest.bytes === bytes && latest.length === bytes.length) return latest
    const user = describe(bytes, this.#ram)
    if (user.guest || bytes.buffer.byteLength <= KEEP_BYTES) this.#latest = user
    return user
  }
}

function describe(bytes: Uint8Array, ram: ArrayBufferLike): UserBuffer {
  const buffer = bytes.buffer
  const shared = typeof SharedArrayBuffer !== 'undefined' && buffer instanceof SharedArrayBuffer
  const resizable = (buffer as { resizable?: boolean }).resizable === true
  const views = resizable || (!shared && buffer.byteLength > KEEP_BYTES) ? undefined : viewsOf(buffer)
  return { bytes, length: bytes.length, offset: bytes.byteOffset, guest: buffer === ram, shared, views }
}
