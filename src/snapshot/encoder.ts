import { setF64, setU32 } from './words.ts'

const TEXT = /* @__PURE__ */ new TextEncoder()

/** Bytes that grow as they are written. */
export class Encoder {
  #bytes = new Uint8Array(1024)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** What was written, as it stands: more may be written, and is not in it. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  u8(value: number): void {
    const at = this.#room(1)
    this.#bytes[at] = value
  }

  u32(value: number): void {
    const at = this.#room(4)
    setU32(this.#bytes, at, value)
  }

  f64(value: number): void {
    const at = this.#room(8)
    setF64(this.#bytes, at, value)
  }

  /** @param bytes Not a guest's. */
  raw(bytes: Uint8Array): void {
    const at = this.#room(bytes.length)
    this.#bytes.set(bytes, at)
  }

  /** Its length in bytes, then UTF-8. */
  text(value: string): void {
    const bytes = TEXT.encode(value)
    this.u32(bytes.length)
    this.raw(bytes)
  }

  /** Overwrites a word that was written. */
  patchU32(at: number, value: number): void {
    setU32(this.#bytes, at, value)
  }

  #room(bytes: number): number {
    const at = this.#length
    this.#length += bytes
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length))
      grown.set(this.#bytes)
      this.#bytes = grown
    }
    return at
  }
}
