import { CPU } from 'avr8js'
import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'

// An AVR has one data space: the CPU's registers, the I/O registers, then SRAM.
const IO_START = 0x20
const IO_END = 0x100

/**
 * The emulator's CPU with its data space on a guestmem AddressSpace. No result is looked at: an AVR has no bus errors. It
 * reads zero where nothing is, and what it writes there is lost.
 */
export class GuestCpu extends CPU {
  loads = 0
  stores = 0
  ioLoads = 0
  ioStores = 0
  #mask = 0xff

  /**
   * @param {Uint16Array} program
   * @param {number} sramBytes
   */
  constructor(program, sramBytes) {
    super(program, sramBytes)
    const bytes = IO_END + sramBytes
    const block = GuestRam.allocate(bytes).block('data', bytes)

    // RAM everywhere, and the I/O registers on top: a higher priority hides what is below. The bytes below them
    // stay what they are in the emulator, the storage of its registers.
    const root = MemoryRegion.container('data space', 0x1_0000)
    root.addSubregion(0, MemoryRegion.ram('sram', block))
    root.addSubregion(IO_START, MemoryRegion.io('io', this.#io(), IO_END - IO_START), 1)
    this.memory = new AddressSpace('data', root)

    // Instructions that work on CPU registers and on the stack, and the peripherals, use these arrays and no method.
    // As views of the block they are the same bytes.
    this.data = block.view()
    this.data16 = new Uint16Array(this.data.buffer, this.data.byteOffset, this.data.length / 2)
    this.dataView = new DataView(this.data.buffer, this.data.byteOffset, this.data.length)
    this.reset()
  }

  /** @param {number} address */
  readData(address) {
    this.loads++
    return this.memory.load8(address)
  }

  /**
   * @param {number} address
   * @param {number} value
   */
  writeData(address, value, mask = 0xff) {
    this.stores++
    // Which bits SBI and CBI mean. No bus carries that, so it goes beside it.
    this.#mask = mask
    this.memory.store8(address, value)
  }

  /** @returns {import('guestmem').MemoryRegionOps} */
  #io() {
    return {
      // The peripherals have hooked themselves into the emulator, and its own methods find their hooks.
      read: offset => {
        this.ioLoads++
        return super.readData(IO_START + offset)
      },
      write: (offset, value) => {
        this.ioStores++
        super.writeData(IO_START + offset, value, this.#mask)
      },
      valid: { maxSize: 1 },
    }
  }
}
