/** Pages of one block, a bit for each. */
export class PageBits {
  readonly pages: number
  /** 32 pages a word. */
  readonly words: Int32Array

  constructor(pages: number) {
    this.pages = pages
    this.words = new Int32Array(Math.ceil(pages / 32))
  }

  has(page: number): boolean {
    return page < this.pages && ((this.words[page >>> 5] as number) & (1 << (page & 31))) !== 0
  }

  add(page: number): void {
    this.words[page >>> 5] = (this.words[page >>> 5] as number) | (1 << (page & 31))
  }

  /** @param end Behind the last page. */
  addRange(first: number, end: number): void {
    for (let page = first; page < end; page++) this.add(page)
  }

  addAll(other: PageBits): void {
    const { words } = this
    for (let i = 0; i < words.length; i++) words[i] = (words[i] as number) | (other.words[i] as number)
  }

  clear(): void {
    this.words.fill(0)
  }

  get size(): number {
    let count = 0
    for (let word of this.words) for (; word !== 0; word &= word - 1) count++
    return count
  }

  /** Ascending. */
  *[Symbol.iterator](): Generator<number, void, undefined> {
    for (let i = 0; i < this.words.length; i++)
      for (let word = this.words[i] as number; word !== 0; word &= word - 1)
        yield 32 * i + 31 - Math.clz32(word & -word)
  }

  /** Runs of pages as bytes, ascending, each of whole pages but the last. @param size Of the block, bytes. */
  *ranges(size: number, pageBytes: number): Generator<{ offset: number; length: number }, void, undefined> {
    let first = -1
    let end = -1
    for (const page of this) {
      if (page !== end) {
        if (first >= 0) yield { offset: first * pageBytes, length: (end - first) * pageBytes }
        first = page
      }
      end = page + 1
    }
    if (first >= 0) yield { offset: first * pageBytes, length: Math.min(end * pageBytes, size) - first * pageBytes }
  }
}
