import { AddressSpace, MemoryRegion, setCoalescing } from 'guestmem'

/**
 * Has all listeners make the writes that they have buffered: as an access of a device does whose writes may be buffered
 * (RULES G8), and this is the smallest one. The accesses that a flush makes flush nothing (RULES H4), while each posted
 * store that is made without one asks all listeners first: a third of what it takes.
 */
export class Flush {
  readonly #space: AddressSpace

  constructor() {
    const region = MemoryRegion.io('flush', { read: () => 0, write: () => {} }, 1)
    setCoalescing(region)
    this.#space = new AddressSpace('flush', region)
  }

  run(): void {
    this.#space.load8(0)
  }

  close(): void {
    this.#space.destroy()
  }
}
