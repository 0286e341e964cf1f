const MAX_SLOTS = 2 ** 20
const EMPTY = 0xffff_ffff

/**
 * Where pages lie that are in the file already, by the checksums of their bytes: of two pages with one checksum, the later one
 * takes the place. As many slots as the machine has pages, at most a million, so that it stays small.
 */
export class EqualPages {
  readonly #mask: number
  readonly #checksums: Uint32Array
  readonly #blocks: Uint32Array
  readonly #pages: Uint32Array
  /** Of the one that was found latest. */
  block = 0
  page = 0

  /** @param pages How many the machine has. */
  constructor(pages: number) {
    const slots = Math.min(MAX_SLOTS, 2 ** Math.ceil(Math.log2(Math.max(16, pages))))
    this.#mask = slots - 1
    this.#checksums = new Uint32Array(slots)
    this.#blocks = new Uint32Array(slots).fill(EMPTY)
    this.#pages = new Uint32Array(slots)
  }

  /** True if a page with this checksum is known, maybe another one's: `block` and `page` say which. */
  find(checksum: number): boolean {
    const slot = checksum & this.#mask
    if (this.#checksums[slot] !== checksum || this.#blocks[slot] === EMPTY) return false
    this.block = this.#blocks[slot] as number
    this.page = this.#pages[slot] as number
    return true
  }

  add(checksum: number, block: number, page: number): void {
    const slot = checksum & this.#mask
    this.#checksums[slot] = checksum
    this.#blocks[slot] = block
    this.#pages[slot] = page
  }
}
