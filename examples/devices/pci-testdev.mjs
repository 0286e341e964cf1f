// pci-testdev: a PCI card that counts the writes it is told to expect, for measuring what a write costs on the way to a
// device, or to an event notifier (ioeventfd), which is told of a write without the device being asked.
// Interface: QEMU's docs/specs/pci-testdev. BAR 0 is memory, BAR 1 ports; both have the same registers and tests.

import { addEventNotifier, MemoryRegion, removeEventNotifier } from 'guestmem'

// The header at the start of a BAR. Little-endian; what is behind it and is no test's offset reads as zero.
export const TEST = 0 // writing starts a test
export const WIDTH = 1 // of the write that a test expects, bytes; 0: no such test
export const OFFSET = 4 // 4 bytes: where it is expected
export const DATA = 8 // and what
export const COUNT = 12 // 4 bytes: writes that reached the device
export const NAME = 16 // ASCII, ends with a zero

const MEMORY_BYTES = 4096
const PORT_BYTES = 256

/** The tests of a BAR, by number. The second's notifier takes any data, the third's only its own. */
const TESTS = [
  { name: 'no-eventfd', data: 0xfa, notifier: false, match: true },
  { name: 'wildcard-eventfd', data: 0xce, notifier: true, match: false },
  { name: 'datamatch-eventfd', data: 0xfa, notifier: true, match: true },
]

export class PciTestdev {
  #memory = new Bar('mmio', MEMORY_BYTES, this)
  #ports = new Bar('portio', PORT_BYTES, this)

  /** BAR 0. */
  get memory() {
    return this.#memory.region
  }

  /** BAR 1. */
  get ports() {
    return this.#ports.region
  }

  /** Writes that a notifier was told of, and that the device never saw. */
  get notified() {
    return this.#memory.notified + this.#ports.notified
  }
}

class Bar {
  region
  notified = 0
  #kind
  #header = new Uint8Array(0)
  /** @type {{ offset: number, data: number, match: boolean } | undefined} */
  #test
  /** @type {import('guestmem').EventNotifierMatch | undefined} */
  #match

  constructor(kind, size, owner) {
    this.#kind = kind
    this.region = MemoryRegion.io(`pci-testdev-${kind}`, this.#registers, size, { owner })
  }

  #registers = {
    read: offset => this.#header[offset] ?? 0,
    write: (offset, value) => {
      if (offset === TEST) this.#start(value)
      else if (this.#test !== undefined) this.#expect(this.#test, offset, value)
    },
    // Any access, taken apart into bytes for these handlers.
    impl: { maxSize: 1 },
    endianness: 'little',
  }

  #notify = () => {
    this.notified++
  }

  /** @param {number} number Of the test. Of one that there is not, the header is zero. */
  #start(number) {
    if (this.#match !== undefined) removeEventNotifier(this.region, this.#match, this.#notify)
    this.#match = undefined
    this.#header = new Uint8Array(0)
    this.#test = undefined
    const test = TESTS[number]
    if (test === undefined) return
    const { data, match } = test
    const offset = this.region.size / 2 + number
    const name = new TextEncoder().encode(`${this.#kind}-${test.name}\0`)
    const header = new DataView(new ArrayBuffer(NAME + name.length))
    header.setUint8(TEST, number)
    header.setUint8(WIDTH, 1)
    header.setUint32(OFFSET, offset, true)
    header.setUint8(DATA, data)
    this.#header = new Uint8Array(header.buffer)
    this.#header.set(name, NAME)
    this.#test = { offset, data, match }
    if (!test.notifier) return
    // From here on such a write, and no other, ends at the notifier. This changes no map: nothing is rendered.
    this.#match = match ? { offset, size: 1, data } : { offset, size: 1 }
    addEventNotifier(this.region, this.#match, this.#notify)
  }

  #expect({ offset, data, match }, written, value) {
    if (written !== offset || (match && value !== data)) return
    const header = new DataView(this.#header.buffer)
    header.setUint32(COUNT, header.getUint32(COUNT, true) + 1, true)
  }
}
