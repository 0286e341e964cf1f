import { checkInteger, checkOptions, checkText, show } from '../check.ts'
import { GUEST_PAGE } from './dirty/dirty-bitmaps.ts'
import type { GuestRamHandle } from './guest-ram-handle.ts'
import { GUEST_RAM_OPTIONS, type GuestRamOptions, type RamSettings, resolveOptions } from './guest-ram-options.ts'
import { LazyRam } from './lazy-ram.ts'
import { MAX_BYTES } from './memory-tables.ts'
import { NOT_CLONED } from './not-cloned.ts'
import { isBlock, type RamBlock } from './ram-block.ts'

export interface SparseRamOptions extends GuestRamOptions {
  /**
   * The size of each of its guest RAMs at most, bytes: a multiple of 4096, up to 2^32. 2^31 by default: every engine
   * can allocate that, and the index of every element is a small integer, which the JIT is quickest with.
   */
  readonly memoryBytes?: number | undefined
}

const MEMORY_BYTES = 2 ** 31

/**
 * Guest RAM of any size, also past the 4 GiB that one GuestRam can be: blocks laid end to end, in guest RAMs that are
 * allocated when the first of their blocks is first accessed. Until then 128 GiB are a few objects; from then on the
 * host commits pages as they are touched. Dirty logs need no memory to be there.
 *
 * Its blocks are for `MemoryRegion.ram` and its like. It belongs to one thread; `handleOf` gives the bytes to others.
 */
export class SparseRam {
  /** @internal */
  readonly clone: object
  readonly #settings: RamSettings
  readonly #memoryBytes: number
  readonly #rams: LazyRam[] = []

  /** @param options As of `GuestRam.allocate`, for every guest RAM of it. */
  constructor(options: SparseRamOptions = {}) {
    this.clone = NOT_CLONED
    const given = checkOptions<SparseRamOptions>(options, [...GUEST_RAM_OPTIONS, 'memoryBytes'])
    const { memoryBytes = MEMORY_BYTES, ...rest } = given
    this.#settings = resolveOptions(rest)
    this.#memoryBytes = checkInteger(memoryBytes, 'options.memoryBytes', GUEST_PAGE, MAX_BYTES)
    if (memoryBytes % GUEST_PAGE !== 0)
      throw new RangeError(`options.memoryBytes must be a multiple of ${GUEST_PAGE}, got ${memoryBytes}`)
  }

  /**
   * The memory of a region: as few blocks as hold `bytes` bytes, in their order. None of it is allocated yet; the first
   * access to a block does that, and throws a RangeError where the engine has no room.
   *
   * @param name Of each of them, for people.
   * @param bytes 1 to 2^53 - 1.
   */
  blocks(name: string, bytes: number): RamBlock[] {
    checkText(name, 'name')
    checkInteger(bytes, 'bytes', 1, Number.MAX_SAFE_INTEGER)
    const blocks: RamBlock[] = []
    let at = 0
    for (let left = bytes; left > 0; left -= this.#memoryBytes) {
      const size = Math.min(left, this.#memoryBytes)
      // Where a whole block found no room, the next whole one finds none, either; the last one may be smaller, and looks at all.
      // A line of text can ask for tens of thousands of blocks: if each looked at all, they would take minutes.
      at = this.#withRoom(size, size < this.#memoryBytes ? 0 : at)
      const ram = this.#rams[at] as LazyRam
      blocks.push(ram.plan(name, ram.gapFor(size) as number, size))
    }
    return blocks
  }

  /** How much of it is allocated, bytes: address space, of which the host commits what is touched. */
  get allocatedBytes(): number {
    return this.#rams.reduce((sum, { allocatedBytes }) => sum + allocatedBytes, 0)
  }

  /**
   * What `GuestRam.attach` takes in another thread, for the guest RAM that a block is in: it is allocated if it is not
   * yet. Its `blocks` are all that are in it, this one where `offset` says.
   *
   * @param block One of `blocks`.
   */
  handleOf(block: RamBlock): GuestRamHandle {
    const ram = isBlock(block) ? this.#rams.find(each => each === block.ram) : undefined
    if (ram === undefined) throw new TypeError(`block must be one of this sparse RAM's, got ${show(block)}`)
    return ram.handle
  }

  /** The first guest RAM, by its place from `from` on, that has room: small blocks share one. Else there is one more. */
  #withRoom(bytes: number, from: number): number {
    for (let at = from; at < this.#rams.length; at++) if (this.#rams[at]?.gapFor(bytes) !== undefined) return at
    return this.#rams.push(new LazyRam(this.#memoryBytes, this.#settings)) - 1
  }
}
