/** The integers of a C struct, at byte offsets, in the byte order of the host that wrote it. Bounds are the caller's. */
export class StructReader {
  readonly #bytes: Uint8Array
  readonly #big: boolean

  constructor(bytes: Uint8Array, endian: 'little' | 'big') {
    this.#bytes = bytes
    this.#big = endian === 'big'
  }

  u16(at: number): number {
    return this.#number(at, 2)
  }

  u32(at: number): number {
    return this.#number(at, 4)
  }

  u64(at: number): bigint {
    const [first, second] = [BigInt(this.u32(at)), BigInt(this.u32(at + 4))]
    return this.#big ? (first << 32n) | second : (second << 32n) | first
  }

  #number(at: number, size: number): number {
    let value = 0
    for (let index = 0; index < size; index++) {
      const byte = this.#bytes[this.#big ? at + index : at + size - 1 - index] as number
      value = value * 256 + byte
    }
    return value
  }
}
