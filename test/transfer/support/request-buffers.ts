import { blockStart } from './request-ram.ts'
import { type BufferSpec, noise, type Request } from './request-spec.ts'

/** What a buffer holds where nothing was written to it: not zero, and no likely data. */
const STALE = 0xa5
const BYTES = 112

/** The caller's arrays. They are used again and again, as a device's are; some share bytes. */
export class RequestBuffers {
  readonly #own = new Uint8Array(BYTES)
  readonly #shared = new Uint8Array(new SharedArrayBuffer(BYTES))
  readonly #rams: readonly Uint8Array[]
  readonly #arrays = new Map<string, Uint8Array>()

  constructor(rams: readonly Uint8Array[]) {
    this.#rams = rams
  }

  /** The same array for the same spec. */
  #of({ of, ram, at, length }: BufferSpec): Uint8Array {
    const key = `${of} ${ram} ${at} ${length}`
    let array = this.#arrays.get(key)
    if (array === undefined) {
      const guest = this.#rams[ram % this.#rams.length] as Uint8Array
      if (of === 'guest') array = new Uint8Array(guest.buffer, guest.byteOffset + blockStart(ram) + at, length)
      else array = (of === 'own' ? this.#own : this.#shared).subarray(at, at + length)
      this.#arrays.set(key, array)
    }
    return array
  }

  /** All that could have been written to, but guest RAM. */
  text({ of }: BufferSpec): string {
    if (of === 'guest') return ''
    return Buffer.from(of === 'own' ? this.#own : this.#shared).toString('hex')
  }

  /** The array of a request: its data, or bytes that it is to overwrite, those around it too. */
  prepare(request: Request & { readonly kind: 'read' | 'write' }): Uint8Array {
    const { of } = request.buffer
    const array = this.#of(request.buffer)
    if (request.kind === 'write' && of !== 'guest') for (const i of array.keys()) array[i] = noise(request.seed, i)
    if (request.kind === 'read' && of === 'own') this.#own.fill(STALE)
    if (request.kind === 'read' && of === 'shared') this.#shared.fill(STALE)
    return array
  }
}
