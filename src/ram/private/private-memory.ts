import { type SectionViews, sectionViews } from '../access/section-views.ts'
import { type Views, viewsOf } from '../access/views.ts'

/** What holds private bytes: a WebAssembly.Memory that is not shared, which may grow, or an ArrayBuffer. */
export type PrivateSource = WebAssembly.Memory | ArrayBuffer

/** Views of a part of the memory, and which part it is. */
interface Part {
  readonly views: WeakRef<SectionViews>
  readonly base: number
  readonly bytes: number
}

/**
 * Bytes that one thread alone can see. When a WebAssembly.Memory grows, its former buffer is detached: all views of it
 * have a length of 0 from then on, and nobody is told. So whoever accesses the bytes asks `live` first; the fast paths of
 * the floors above, which have views of their own, find no element in them and leave the access to who asks.
 */
export class PrivateMemory {
  /** As of the latest `live`. */
  views: Views
  data: DataView
  readonly #source: PrivateSource
  /** Views that were handed out, where the memory may grow. */
  #parts: Part[] = []
  #most = 64

  constructor(source: PrivateSource) {
    this.#source = source
    this.views = viewsOf(this.#buffer)
    this.data = new DataView(this.#buffer)
  }

  /** This, with views of the buffer as it is now. @throws TypeError where the buffer was detached for good. */
  live(): this {
    if (this.views.u8.length === 0) this.#renew()
    return this
  }

  get buffer(): ArrayBuffer {
    return this.live().views.u8.buffer as ArrayBuffer
  }

  /** True of what may grow. */
  get growable(): boolean {
    return !(this.#source instanceof ArrayBuffer)
  }

  /** Views of a part, which are made anew in place when the memory has grown. */
  section(base: number, bytes: number): SectionViews {
    const views = sectionViews(this.buffer, base, bytes)
    if (this.growable) {
      if (this.#parts.length >= this.#most) {
        this.#parts = this.#parts.filter(part => part.views.deref() !== undefined)
        this.#most = 2 * this.#parts.length + 64
      }
      this.#parts.push({ views: new WeakRef(views), base, bytes })
    }
    return views
  }

  get #buffer(): ArrayBuffer {
    const source = this.#source
    return source instanceof ArrayBuffer ? source : (source.buffer as ArrayBuffer)
  }

  #renew(): void {
    const buffer = this.#buffer
    if (buffer.byteLength === 0)
      throw new TypeError('the buffer of this guest RAM was detached: it is no memory any more')
    this.views = viewsOf(buffer)
    this.data = new DataView(buffer)
    for (const { views, base, bytes } of this.#parts) {
      const known = views.deref()
      if (known !== undefined) Object.assign(known, sectionViews(buffer, base, bytes))
    }
  }
}
