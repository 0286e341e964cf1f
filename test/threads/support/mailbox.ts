/** One request at a time, from the thread that judges a recording to the one that makes its requests. */
export interface Asked {
  /** Which board's member makes it. */
  readonly board: number
  readonly write: boolean
  readonly address: number
  readonly bytes: Uint8Array
}

const ASKED = 0
const DONE = 1
const BOARD = 2
const WRITE = 3
const LENGTH = 4
const RESULT = 5
const ADDRESS = 4 // Of 8 bytes each.
const HEADER = 64

/** Words, and the bytes of a request. */
export class Mailbox {
  readonly #words: Int32Array
  readonly #numbers: Float64Array
  readonly #bytes: Uint8Array

  constructor(buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer, 0, HEADER / 4)
    this.#numbers = new Float64Array(buffer, 0, HEADER / 8)
    this.#bytes = new Uint8Array(buffer, HEADER)
  }

  /** Sends a request; -1 as its board ends the other thread. */
  ask({ board, write, address, bytes }: Asked): void {
    this.#bytes.set(bytes)
    this.#words[BOARD] = board
    this.#words[WRITE] = write ? 1 : 0
    this.#words[LENGTH] = bytes.length
    this.#numbers[ADDRESS] = address
    Atomics.add(this.#words, ASKED, 1)
    Atomics.notify(this.#words, ASKED)
  }

  get isDone(): boolean {
    return Atomics.load(this.#words, DONE) === Atomics.load(this.#words, ASKED)
  }

  /** What came of the latest one. */
  result(length: number): { readonly bytes: Uint8Array; readonly result: number } {
    return { bytes: this.#bytes.slice(0, length), result: this.#words[RESULT] as number }
  }

  /** Waits for the next one. */
  next(): Asked {
    Atomics.wait(this.#words, ASKED, Atomics.load(this.#words, DONE))
    return {
      board: this.#words[BOARD] as number,
      write: this.#words[WRITE] === 1,
      address: this.#numbers[ADDRESS] as number,
      bytes: this.#bytes.slice(0, this.#words[LENGTH]),
    }
  }

  answer(bytes: Uint8Array, result: number): void {
    this.#bytes.set(bytes)
    this.#words[RESULT] = result
    Atomics.add(this.#words, DONE, 1)
  }
}
