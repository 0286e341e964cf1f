import { checksumOfLanes, checksumOfWords } from './checksum.ts'
import { compileKernel } from './compile-kernel.ts'
import { PAGE } from './layout.ts'
import { arePagesEqual, isZeroPage } from './page-bytes.ts'
import { PAGE_KERNEL, SHIFT } from './page-kernel.wasm.ts'
import { wordsOf } from './words.ts'

/** How many pages of a block can be in it at once; there is one more, OTHER. */
export const SCRATCH_PAGES = 64
/** Where a page beside those begins. */
export const OTHER: number = SCRATCH_PAGES * PAGE
/** Where the kernel stores the lanes of a checksum. */
const LANES = OTHER + PAGE
const LANES_BYTES = 128

/** The functions of page-kernel.wat; addresses are bytes in its memory. */
interface PageKernel {
  isZero(at: number): number
  isEqual(a: number, b: number): number
  lanes(at: number, to: number): void
}

/**
 * Room for copies of pages that are being looked at, one for all machines of a thread: nothing stays in it while somebody waits.
 * Where it begins is a multiple of 4 for every page; between two pages of a block there is nothing.
 */
export class PageScratch {
  readonly bytes: Uint8Array
  /** The same, in the host's byte order. */
  readonly words: Uint32Array
  readonly #kernel: PageKernel | undefined
  readonly #checksums: Uint32Array

  /** @param byScript Without the kernel, as where the engine has none. */
  constructor(byScript = false) {
    const compiled = byScript ? undefined : compile()
    this.bytes = compiled?.bytes ?? new Uint8Array(LANES + LANES_BYTES)
    this.words = wordsOf(this.bytes)
    this.#kernel = compiled?.kernel
    this.#checksums = new Uint32Array(SCRATCH_PAGES)
  }

  /** @param at Where the page begins in `bytes`. */
  isZero(at: number): boolean {
    return this.#kernel === undefined ? isZeroPage(this.words, at / 4) : this.#kernel.isZero(at) !== 0
  }

  /** @param a Where one page begins in `bytes`. @param b Where the other does. */
  isEqual(a: number, b: number): boolean {
    if (this.#kernel === undefined) return arePagesEqual(this.words, a / 4, this.words, b / 4)
    return this.#kernel.isEqual(a, b) !== 0
  }

  /** The same of a page in it and one that is elsewhere. */
  isAs(at: number, bytes: Uint8Array, from: number): boolean {
    this.bytes.set(bytes.subarray(from, from + PAGE), OTHER)
    return this.isEqual(at, OTHER)
  }

  /** Whether a page is zero that is elsewhere. */
  isZeroOf(bytes: Uint8Array, at: number): boolean {
    if (bytes[at] !== 0) return false
    this.bytes.set(bytes.subarray(at, at + PAGE), OTHER)
    return this.isZero(OTHER)
  }

  /**
   * The checksum that the record of a page has (docs/SNAPSHOTS.md).
   *
   * @returns 0 to 2^32 - 1.
   */
  checksum(at: number): number {
    if (this.#kernel === undefined) return checksumOfLanes(this.words, at / 4, this.words, LANES / 4)
    this.#kernel.lanes(at, LANES)
    return checksumOfWords(this.words, LANES / 4, LANES_BYTES)
  }

  /** The checksum of a page that is elsewhere. */
  checksumOf(bytes: Uint8Array, at: number): number {
    this.bytes.set(bytes.subarray(at, at + PAGE), OTHER)
    return this.checksum(OTHER)
  }

  /**
   * Those of several pages, one behind the other. They pass through the scratch all at once.
   *
   * @param count At most SCRATCH_PAGES.
   * @returns Overwritten by the next call.
   */
  checksumsOf(bytes: Uint8Array, at: number, count: number): Uint32Array {
    this.bytes.set(bytes.subarray(at, at + count * PAGE))
    for (let i = 0; i < count; i++) this.#checksums[i] = this.checksum(i * PAGE)
    return this.#checksums
  }
}

/** Undefined where the engine lacks what it needs, or a page's policy forbids it. */
function compile(): { readonly bytes: Uint8Array; readonly kernel: PageKernel } | undefined {
  try {
    const module = compileKernel(PAGE_KERNEL, SHIFT)
    const { memory, isZero, isEqual, lanes } = new WebAssembly.Instance(module).exports as unknown as PageKernel & {
      readonly memory: WebAssembly.Memory
    }
    return { bytes: new Uint8Array(memory.buffer), kernel: { isZero, isEqual, lanes } }
  } catch {
    return undefined
  }
}

let ofThread: PageScratch | undefined

export function pageScratch(): PageScratch {
  ofThread ??= new PageScratch()
  return ofThread
}
