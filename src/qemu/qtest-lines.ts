import { MAX_LINE } from './qtest-limits.ts'

const NEWLINE = 10

/** A request, or the refusal of a line that is too long. */
export type QtestLine = { readonly line: string } | { readonly tooLong: number }

/**
 * Puts the lines of a stream together. A line may come in as many pieces as it has bytes: it is kept as bytes, in an
 * array that grows as it does and no further than the longest request.
 */
export class QtestLines {
  readonly #decoder = new TextDecoder()
  readonly #encoder = new TextEncoder()
  #bytes = new Uint8Array(256)
  /** Bytes of the line that has not ended yet; of one that is too long, those that are dropped are counted too. */
  #length = 0;

  /** The lines that end in a chunk, one by one: the rest of the chunk is looked at when the next is asked for. */
  *ended(chunk: string | Uint8Array): Generator<QtestLine> {
    const bytes = typeof chunk === 'string' ? this.#encoder.encode(chunk) : chunk
    let start = 0
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      this.#append(bytes.subarray(start, end))
      start = end + 1
      yield this.#take()
    }
    this.#append(bytes.subarray(start))
  }

  #append(piece: Uint8Array): void {
    const before = this.#length
    this.#length += piece.length
    if (this.#length > MAX_LINE) return
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.min(MAX_LINE, Math.max(this.#length, 2 * this.#bytes.length)))
      grown.set(this.#bytes.subarray(0, before))
      this.#bytes = grown
    }
    this.#bytes.set(piece, before)
  }

  #take(): QtestLine {
    const length = this.#length
    this.#length = 0
    if (length > MAX_LINE) return { tooLong: length }
    const line = this.#decoder.decode(this.#bytes.subarray(0, length))
    // A client that sent one long line need not send another.
    if (this.#bytes.length > KEPT) this.#bytes = new Uint8Array(256)
    return { line }
  }
}

/** Bytes that are kept for the next line. */
const KEPT = 2 ** 16
