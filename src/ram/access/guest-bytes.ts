import { type SectionViews, sectionViews } from './section-views.ts'
import { isShared, type Views, viewsOf } from './views.ts'

/** Views of a part of the bytes, and which part it is. */
interface Part {
  readonly views: WeakRef<SectionViews>
  readonly base: number
  readonly bytes: number
}

/** Views, and of private bytes one for accesses at any address: nobody can see them torn. */
export interface PrivateViews extends Views {
  readonly data?: DataView | undefined
}

/**
 * The buffer that guest RAM is in, as typed arrays: from its first byte on, so that an address is an index.
 *
 * A WebAssembly.Memory that is not shared gets another buffer when it grows; all views of the former one have a length of 0
 * from then on, and nobody is told. So whoever accesses the bytes of such a memory asks `live` first. The fast paths of the
 * floors above find no element in theirs, and leave the access to who asks.
 */
export class GuestBytes {
  /** The same object for ever; its arrays are those of the buffer as of the latest `live`. */
  readonly views: PrivateViews
  /** Only this thread can see the bytes. */
  readonly private: boolean
  /** Of private bytes, what has another buffer when it has grown. */
  #memory: WebAssembly.Memory | undefined
  #parts: Part[] = []
  #most = 64

  constructor(buffer: ArrayBufferLike, memory: WebAssembly.Memory | undefined) {
    this.private = !isShared(buffer)
    this.#memory = this.private ? memory : undefined
    this.views = this.#viewsOf(buffer)
  }

  /** The views. @throws TypeError where the buffer was detached, and there is no other. */
  live(): PrivateViews {
    if (this.views.u8.length === 0) this.#renew()
    return this.views
  }

  /** The memory, where it may grow. */
  get growable(): WebAssembly.Memory | undefined {
    return this.#memory
  }

  /** Lets the bytes go: from here on there are none. */
  drop(): void {
    this.#memory = undefined
    Object.assign(this.views, viewsOf(new ArrayBuffer(0)))
  }

  get buffer(): ArrayBufferLike {
    return this.live().u8.buffer
  }

  /** Elements of a part of the bytes. Where the memory has grown they are put in place of those that were detached. */
  section(base: number, bytes: number): SectionViews {
    const views = sectionViews(this.buffer, base, bytes)
    if (this.#memory !== undefined) {
      if (this.#parts.length >= this.#most) {
        this.#parts = this.#parts.filter(part => part.views.deref() !== undefined)
        this.#most = 2 * this.#parts.length + 64
      }
      this.#parts.push({ views: new WeakRef(views), base, bytes })
    }
    return views
  }

  /** A memory may give its buffer as one that is resizable: no view of that is detached, and these grow with it. */
  #viewsOf(buffer: ArrayBufferLike): PrivateViews {
    const { resizable } = buffer as { resizable?: boolean }
    return {
      ...viewsOf(buffer, 0, this.#memory && resizable ? NaN : undefined),
      data: this.private ? new DataView(buffer) : undefined,
    }
  }

  #renew(): void {
    const buffer = this.#memory?.buffer
    if (buffer === undefined || buffer.byteLength === 0)
      throw new TypeError('this guest RAM is no more: it was released, or its buffer detached')
    Object.assign(this.views, this.#viewsOf(buffer))
    for (const { views, base, bytes } of this.#parts) {
      const known = views.deref()
      if (known !== undefined) Object.assign(known, sectionViews(buffer, base, bytes))
    }
  }
}
