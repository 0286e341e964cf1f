import { GuestRam, RamBlock } from 'guestmem'

type BlockMemory = RamBlock['ram']

const PAGE = 4096

/** Of one guest RAM, bytes: every engine has that much, and elements of it have small integers for indexes. */
const POOL_BYTES = 2 ** 31

/**
 * A guest RAM that is allocated when the first of its blocks is first accessed. Until then a machine's RAM, of whatever
 * size, is a few objects; from then on it is address space, whose pages the host commits as they are written.
 */
class Pool implements BlockMemory {
  readonly #planned: { readonly name: string; readonly bytes: number }[] = []
  #bytes = 0
  #ram: GuestRam | undefined

  get free(): number {
    return this.#ram === undefined ? POOL_BYTES - this.#bytes : 0
  }

  /** Lays out the block as `GuestRam.block` will. */
  plan(name: string, bytes: number): RamBlock {
    const block = new RamBlock(this, name, this.#bytes, bytes)
    this.#planned.push({ name, bytes })
    this.#bytes += Math.ceil(bytes / PAGE) * PAGE
    return block
  }

  get ram(): GuestRam {
    if (this.#ram === undefined) {
      this.#ram = GuestRam.allocate(this.#bytes)
      for (const { name, bytes } of this.#planned) this.#ram.block(name, bytes)
    }
    return this.#ram
  }

  get buffer(): SharedArrayBuffer {
    return this.ram.buffer
  }

  get host(): BlockMemory['host'] {
    return this.ram.host
  }

  get order(): BlockMemory['order'] {
    return this.ram.order
  }

  get lane(): BlockMemory['lane'] {
    return this.ram.lane
  }

  get fixedLane(): BlockMemory['fixedLane'] {
    return this.ram.fixedLane
  }

  get elements(): BlockMemory['elements'] {
    return this.ram.elements
  }

  get logs(): BlockMemory['logs'] {
    return this.ram.logs
  }

  get dirty(): BlockMemory['dirty'] {
    return this.ram.dirty
  }

  cells(cacheMode: Parameters<BlockMemory['cells']>[0]): ReturnType<BlockMemory['cells']> {
    return this.ram.cells(cacheMode)
  }
}

/** The RAM of one machine. */
export class RamPool {
  #pool: Pool = new Pool()

  /** Blocks for a region of `bytes` bytes; more than 2 GiB are several. */
  blocks(name: string, bytes: number): RamBlock[] {
    const blocks: RamBlock[] = []
    for (let left = bytes; left > 0; left -= POOL_BYTES) {
      const size = Math.min(left, POOL_BYTES)
      if (size > this.#pool.free) this.#pool = new Pool()
      blocks.push(this.#pool.plan(name, size))
    }
    return blocks
  }
}
