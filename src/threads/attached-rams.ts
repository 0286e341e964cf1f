import { GuestRam, type GuestRamHandle, type RamBlock } from 'guestmem'

/**
 * A board's guest RAMs, as a member has them. Blocks may be cut after the handle was made, so each is attached to when a
 * row of the map first names it.
 */
export class AttachedRams {
  readonly #handles: readonly GuestRamHandle[]
  readonly #blocks = new Map<string, RamBlock>()

  constructor(handles: readonly GuestRamHandle[]) {
    this.#handles = handles
  }

  /** How many there are: the indexes of others are unknown here. */
  get count(): number {
    return this.#handles.length
  }

  /** @param ram An index. @param offset Of the block in its guest RAM, bytes. */
  block(ram: number, offset: number, size: number): RamBlock {
    const key = `${ram} ${offset} ${size}`
    let block = this.#blocks.get(key)
    if (block === undefined) {
      const blocks = [{ name: 'block', offset, size }]
      block = GuestRam.attach({ ...(this.#handles[ram] as GuestRamHandle), blocks }).blocks[0] as RamBlock
      this.#blocks.set(key, block)
    }
    return block
  }

  /** Lets go of all others. */
  keepOnly(used: ReadonlySet<RamBlock>): void {
    for (const [key, block] of this.#blocks) if (!used.has(block)) this.#blocks.delete(key)
  }
}
