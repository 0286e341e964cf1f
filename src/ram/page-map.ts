import { bitsIn, GUEST_PAGE } from './dirty/dirty-bitmaps.ts'

/** The words ahead of the map: which memory it is of (memory-identity.ts), how often pages were given back. */
const IDENTITY = 0
const RETURNS = 1
/** The size of the one guest RAM that the memory was allocated for, bytes; 0 of other memory. */
const BYTES = 2
const HEAD = 3

/**
 * Which pages of a memory are in blocks, a bit for each. Threads that share the memory share the map, and may take pages at
 * the same time. None waits for another, which may have been ended: who finds that another was quicker with one of the
 * pages gives back those that it has, and looks anew.
 */
export class PageMap {
  readonly buffer: ArrayBufferLike
  readonly #words: Int32Array

  /** @param buffer Of `PageMap.size` bytes. */
  constructor(buffer: ArrayBufferLike) {
    this.buffer = buffer
    this.#words = new Int32Array(buffer)
  }

  /** The size of the map of a memory, bytes. @param bytes Of the memory. */
  static size(bytes: number): number {
    return 4 * (HEAD + Math.ceil(bytes / (32 * GUEST_PAGE)))
  }

  get identity(): number {
    return this.#words[IDENTITY] as number
  }

  set identity(identity: number) {
    this.#words[IDENTITY] = identity
  }

  get bytes(): number {
    return (this.#words[BYTES] as number) >>> 0
  }

  set bytes(bytes: number) {
    this.#words[BYTES] = bytes
  }

  /**
   * Takes the first free run of `count` pages, one at least, from `low` to before `high`.
   *
   * @returns Its first page; undefined where there is none.
   */
  take(low: number, high: number, count: number): number | undefined {
    for (;;) {
      const returns = Atomics.load(this.#words, RETURNS)
      for (let page = low; page + count <= high; ) {
        const taken = this.#lastTaken(page, page + count - 1)
        if (taken !== undefined) page = taken + 1
        else if (this.#claim(page, page + count - 1)) return page
      }
      // What was taken when it was looked at may have been given back since.
      if (Atomics.load(this.#words, RETURNS) === returns) return undefined
    }
  }

  /** Gives `count` pages back. */
  free(first: number, count: number): void {
    this.#clear(first, first + count - 1)
    Atomics.add(this.#words, RETURNS, 1)
  }

  /** The length of the longest free run from `low` to before `high`, pages. */
  longestFree(low: number, high: number): number {
    let longest = 0
    for (let page = low, run = 0; page < high; page++) {
      run = this.#lastTaken(page, page) === undefined ? run + 1 : 0
      if (run > longest) longest = run
    }
    return longest
  }

  /** The last page that is taken of those from `first` to `last`. */
  #lastTaken(first: number, last: number): number | undefined {
    for (let word = last >>> 5; word >= first >>> 5; word--) {
      const taken = Atomics.load(this.#words, HEAD + word) & bitsIn(word, first, last)
      if (taken !== 0) return 32 * word + 31 - Math.clz32(taken)
    }
    return undefined
  }

  /** Takes all of the pages, or none. */
  #claim(first: number, last: number): boolean {
    for (let word = first >>> 5; word <= last >>> 5; word++) {
      const bits = bitsIn(word, first, last)
      const before = Atomics.or(this.#words, HEAD + word, bits)
      if ((before & bits) === 0) continue
      Atomics.and(this.#words, HEAD + word, ~(bits & ~before))
      if (32 * word > first) this.#clear(first, 32 * word - 1)
      Atomics.add(this.#words, RETURNS, 1)
      return false
    }
    return true
  }

  #clear(first: number, last: number): void {
    for (let word = first >>> 5; word <= last >>> 5; word++)
      Atomics.and(this.#words, HEAD + word, ~bitsIn(word, first, last))
  }
}
