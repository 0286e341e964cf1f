import type { RamBlock } from 'guestmem'

/** Stored by JavaScript in the host's byte order, and loaded by WebAssembly as little-endian. */
const HOST_IS_LITTLE = /* @__PURE__ */ (() => new Uint8Array(Uint16Array.of(1).buffer)[0] === 1)()

function littleEndian(value: number): number {
  if (HOST_IS_LITTLE) return value
  return (value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)
}

/**
 * The words of 32 bits that a table is made of. They are no guest's bytes: a CPU of this thread alone loads them, and stores
 * none, so no order has to be kept.
 */
export class TableWords {
  readonly #block: RamBlock
  #words: Uint32Array

  constructor(block: RamBlock) {
    this.#block = block
    this.#words = wordsOf(block)
  }

  get(index: number): number {
    return littleEndian(this.#live()[index] as number) >>> 0
  }

  set(index: number, value: number): void {
    this.#live()[index] = littleEndian(value)
  }

  /** @param last Exclusive. */
  fill(first: number, last: number, value: number): void {
    this.#live().fill(littleEndian(value), first, last)
  }

  /** A private memory that has grown has another buffer, and the views of the former one are empty. */
  #live(): Uint32Array {
    if (this.#words.length === 0) this.#words = wordsOf(this.#block)
    return this.#words
  }
}

function wordsOf(block: RamBlock): Uint32Array {
  const { buffer, byteOffset, byteLength } = block.view()
  return new Uint32Array(buffer, byteOffset, byteLength / 4)
}
