import { forgetFastPaths } from './fast-paths.ts'
import { enterGlobalDirtyLog } from './global-dirty-log.ts'

/** What one bit of a dirty bitmap stands for, and what blocks are aligned to, bytes. */
export const GUEST_PAGE = 4096
const PAGE_SHIFT = 12

/** How many DirtyClients there are: bit n of a mask of clients is client n's. */
export const DIRTY_CLIENTS = 3
/** The masks of DirtyClient.CODE and DirtyClient.MIGRATION. */
export const CODE = 2
export const MIGRATION = 4

// The words ahead of the bits. The first three are written as numbers where stores look at them (BlockMemory.logs).
/** How many logs are on, of all kinds. */
const LOGS = 0
/** How many threads log all memory. */
export const GLOBAL_LOGS = 1
/** 1 from when other threads may have the guest RAM. */
const SHARED = 2
/** How many regions each client logs. */
export const CLIENT_LOGS = 3
export const CODE_WRITES: number = CLIENT_LOGS + DIRTY_CLIENTS
/** The identity of the memory that they are of (memory-identity.ts). */
export const IDENTITY: number = CODE_WRITES + 1
/** Not 0 while a thread makes an atomic access to this memory that is several accesses of the host (exclusive.ts). */
export const EXCLUSIVE: number = IDENTITY + 1
/** For fences to meet in (fence.ts). In a cache line of its own: the words above are read by each store. */
export const FENCE = 16
const HEADER = 32

/**
 * Which pages of a memory were stored to: one bit a page for each client (RULES F2), in a buffer that all threads share
 * that share the memory. Bits belong to the RAM, so all regions and aliases that show a block share them.
 *
 * No store is lost between the two sides, whatever their threads do at the same time:
 * - who stores makes its stores first, then marks: an atomic OR, with no look at the bit beforehand;
 * - who harvests (dirty-harvest.ts) takes the bits first, atomically, then loads the pages.
 *
 * On a word, the OR comes before the harvest or after it. Before: the harvest reads what the OR, or one after it, wrote
 * and so synchronizes with it: the stores happen before the loads, which see them. After: the bit stays set for the
 * next harvest. A mark ahead of its store could be taken by a harvest whose loads still see the old bytes. So could one
 * that is left out because its bit is set already: a CPU lets that look go ahead of a store that waits in its store
 * buffer; the harvest takes the bit and loads the old bytes, and only then does the store arrive.
 */
export class DirtyBitmaps {
  readonly buffer: ArrayBufferLike
  readonly words: Int32Array
  /** How many words the bits of one client take. */
  readonly #words: number

  /** @param buffer Of `DirtyBitmaps.size` bytes. */
  constructor(buffer: ArrayBufferLike) {
    this.buffer = buffer
    this.words = new Int32Array(buffer)
    this.#words = (this.words.length - HEADER) / DIRTY_CLIENTS
    enterGlobalDirtyLog(this)
  }

  /** The size of the buffer for a memory of `bytes` bytes, bytes. The host commits it as pages are marked. */
  static size(bytes: number): number {
    return 4 * (HEADER + DIRTY_CLIENTS * clientWords(bytes))
  }

  /** The word that has the bits of the first 32 pages. @param client 0 to 2. */
  startOf(client: number): number {
    return HEADER + client * this.#words
  }

  /** One region more or fewer that a client logs. @param client A mask of one. */
  log(client: number, on: boolean): void {
    this.#count(CLIENT_LOGS + (client >>> 1), on)
  }

  /** One thread more or fewer that logs all memory. */
  logAll(on: boolean): void {
    this.#count(GLOBAL_LOGS, on)
  }

  /** Other threads may have the guest RAM from here on. */
  share(): void {
    if (Atomics.exchange(this.words, SHARED, 1) === 0) forgetFastPaths()
  }

  #count(word: number, on: boolean): void {
    const change = on ? 1 : -1
    Atomics.add(this.words, word, change)
    Atomics.add(this.words, LOGS, change)
  }

  /**
   * Marks the pages of `length` bytes from `offset` on, rounded out, after they were stored.
   *
   * @param offset In the guest RAM, bytes.
   * @param clients A mask.
   */
  mark(offset: number, length: number, clients: number): void {
    if (length === 0) return
    const { words } = this
    const first = offset >>> PAGE_SHIFT
    const last = (offset + length - 1) >>> PAGE_SHIFT
    for (let client = 0; client < DIRTY_CLIENTS; client++) {
      if ((clients & (1 << client)) === 0) continue
      const start = this.startOf(client)
      for (let word = first >>> 5; word <= last >>> 5; word++)
        Atomics.or(words, start + word, bitsIn(word, first, last))
    }
    // Counted for each store, also to a page that is marked already: of two threads that mark a page, either may come
    // first.
    if ((clients & CODE) !== 0) Atomics.add(words, CODE_WRITES, 1)
  }
}

function clientWords(bytes: number): number {
  return Math.ceil(bytes / (32 * GUEST_PAGE))
}

/** Those bits of a word, 32 pages, that stand for pages from `first` to `last`. */
export function bitsIn(word: number, first: number, last: number): number {
  const low = first > word * 32 ? -1 << (first & 31) : -1
  const high = last < word * 32 + 31 ? -1 >>> (31 - (last & 31)) : -1
  return low & high
}
