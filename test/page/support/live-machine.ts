import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'
import { TraceRing, traceTo } from 'guestmem/trace'

/** A machine that does the same over and over, and says how often. */
export class LiveMachine {
  readonly space: AddressSpace
  readonly ring: TraceRing = TraceRing.allocate({ events: 4096 })
  rounds = 0
  readonly #root: MemoryRegion = MemoryRegion.container('system', 2 ** 32)

  constructor() {
    this.#root.addSubregion(0, MemoryRegion.ram('ram', GuestRam.allocate(0x10000).block('ram', 0x10000)))
    const uart = { read: () => 0x60, write: () => undefined }
    this.#root.addSubregion(0x9000_0000, MemoryRegion.io('<b>uart</b>', uart, 8))
    this.space = new AddressSpace('memory', this.#root)
    traceTo(this.space, this.ring)
  }

  /** Two stores to RAM, a load of the register at 2, a load where nothing is mapped. */
  round(): void {
    this.rounds++
    this.space.store32(0x100, this.rounds)
    this.space.store8(0x8000, 1)
    this.space.load8(0x9000_0002)
    this.space.load8(0x5000_0000)
  }

  hotAdd(): void {
    const late = MemoryRegion.io('late', { read: () => 0, write: () => undefined }, 8)
    this.#root.addSubregion(0x8000_0000, late)
  }
}
