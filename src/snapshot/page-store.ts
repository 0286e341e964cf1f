import type { RamBlock } from 'guestmem'
import { PAGE } from './layout.ts'
import { loadPages } from './page-bytes.ts'

/** How many pages one array has: few arrays, since each costs more than a page does. */
const PAGES = 64

/** Copies of pages, numbered as they come. */
export class PageStore {
  #arrays: Uint8Array[] = []
  #count = 0

  get count(): number {
    return this.#count
  }

  /** @returns Its number. */
  add(block: RamBlock, page: number): number {
    if (this.#count % PAGES === 0) this.#arrays.push(new Uint8Array(PAGES * PAGE))
    const number = this.#count++
    loadPages(this.arrayOf(number), this.offsetOf(number), block, page, 1)
    return number
  }

  /** The array that a page is in. */
  arrayOf(number: number): Uint8Array {
    return this.#arrays[Math.floor(number / PAGES)] as Uint8Array
  }

  /** Where it begins there, bytes. */
  offsetOf(number: number): number {
    return (number % PAGES) * PAGE
  }

  clear(): void {
    this.#arrays = []
    this.#count = 0
  }
}
