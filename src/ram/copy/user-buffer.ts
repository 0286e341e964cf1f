import { isShared, type Views, viewsOf } from '../access/views.ts'

/** What a lane has to know of a user's Uint8Array before it moves bytes. Good until the next array is looked up. */
export interface UserBuffer {
  readonly bytes: Uint8Array
  /** Where the array begins in its buffer, bytes. */
  readonly offset: number
  /** It is a view of this guest RAM: RAM to RAM, where overlap matters. */
  readonly guest: boolean
  /** Others may watch it: it is moved by elements of `views`, in order. */
  readonly shared: boolean
  /** Undefined where there are none yet, or they could go stale (a resizable buffer). */
  readonly views: Views | undefined
  /** The same, where nobody else watches the buffer: neither guest nor shared. */
  readonly ownViews: Views | undefined
}

/**
 * Looks a user's array up. The latest is remembered, and kept alive until the next: a device moves its data through one
 * buffer again and again, and asking an array for its buffer costs as much as copying 64 bytes.
 */
export class UserBuffers implements UserBuffer {
  bytes: Uint8Array = new Uint8Array(0)
  length = 0
  offset = 0
  guest = false
  shared = false
  views: Views | undefined
  ownViews: Views | undefined
  readonly #ram: ArrayBufferLike
  #buffer: ArrayBufferLike | undefined
  /** The buffer was seen once. */
  #fresh = false

  constructor(ram: ArrayBufferLike) {
    this.#ram = ram
  }

  of(bytes: Uint8Array): UserBuffer {
    // A length that changed is a buffer that was detached or resized: look again.
    if (this.bytes !== bytes || this.length !== bytes.length) this.#look(bytes)
    else if (this.#fresh) this.#lookAgain()
    return this
  }

  /** Views of a resizable buffer could go stale. */
  #lookAgain(): void {
    const buffer = this.#buffer as ArrayBufferLike & { resizable?: boolean }
    this.#fresh = false
    if (buffer.resizable === true) return
    this.views = viewsOf(buffer)
    this.ownViews = this.views
  }

  #look(bytes: Uint8Array): void {
    const { buffer } = bytes
    if (buffer !== this.#buffer) {
      this.#buffer = buffer
      this.guest = buffer === this.#ram
      this.shared = isShared(buffer)
      // Views cost more than they save for a buffer that is seen once; what others may watch can't do without.
      this.views = this.shared ? viewsOf(buffer) : undefined
      this.ownViews = undefined
      this.#fresh = !this.shared
    } else if (this.#fresh) this.#lookAgain()
    this.bytes = bytes
    this.length = bytes.length
    this.offset = bytes.byteOffset
  }
}
