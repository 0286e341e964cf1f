import { GuestRam, type RamBlock } from 'guestmem'
import type { BoardRam } from './handle.ts'

/**
 * A board's guest RAMs, as a member has them. Blocks may be cut after the handle was made, so each is attached to when a
 * row of the map first names it.
 */
export class AttachedRams {
  readonly #rams: readonly BoardRam[]
  readonly #blocks = new Map<string, RamBlock>()

  constructor(rams: readonly BoardRam[]) {
    this.#rams = rams
  }

  /** How many there are: the indexes of others are unknown here. */
  get count(): number {
    return this.#rams.length
  }

  /** @param ram An index. @param offset Of the block in its guest RAM, bytes. */
  block(ram: number, offset: number, size: number): RamBlock {
    const key = `${ram} ${offset} ${size}`
    let block = this.#blocks.get(key)
    if (block === undefined) {
      const blocks = [{ name: 'block', offset, size }]
      const { handle, options } = this.#rams[ram] as BoardRam
      block = GuestRam.attach({ ...handle, blocks }, options).blocks[0] as RamBlock
      this.#blocks.set(key, block)
    }
    return block
  }

  /** Lets go of all others. */
  keepOnly(used: ReadonlySet<RamBlock>): void {
    for (const [key, block] of this.#blocks) if (!used.has(block)) this.#blocks.delete(key)
  }
}
