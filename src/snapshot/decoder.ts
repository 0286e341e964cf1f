import { getF64, getU32 } from './words.ts'

const TEXT = /* @__PURE__ */ new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Says what is wrong with a description that was read whole. */
export class Malformed extends Error {}

/** Reads what an Encoder wrote. @throws Malformed where the bytes end too early, or are not what is asked for. */
export class Decoder {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get at(): number {
    return this.#at
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  u8(): number {
    return this.#bytes[this.#take(1)] as number
  }

  u32(): number {
    return getU32(this.#bytes, this.#take(4))
  }

  f64(): number {
    return getF64(this.#bytes, this.#take(8))
  }

  /** How many items follow. @param least What each of them takes at least, bytes. */
  count(least: number): number {
    const count = this.u32()
    if (count * least > this.left) throw new Malformed(`it tells of ${count} items, for which it has no room`)
    return count
  }

  raw(length: number): Uint8Array {
    const at = this.#take(length)
    return this.#bytes.subarray(at, at + length)
  }

  text(): string {
    const bytes = this.raw(this.u32())
    try {
      return TEXT.decode(bytes)
    } catch {
      throw new Malformed('a text of it is no UTF-8')
    }
  }

  /** Nothing may follow. */
  end(): void {
    if (this.left !== 0) throw new Malformed(`${this.left} bytes more than it has items`)
  }

  #take(length: number): number {
    if (length > this.left) throw new Malformed('it ends too early')
    const at = this.#at
    this.#at += length
    return at
  }
}
