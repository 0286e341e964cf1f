// PAM, the programmable attribute map of a PC's host bridge: 13 segments from 0xc0000 to 0xfffff, each of which shows
// RAM or PCI. Firmware copies itself to RAM with it, and write-protects the copy ("shadow RAM").
// Interface: Intel's 440FX datasheet (82441FX, registers 59h to 5fh), and those of its successors up to Q35.

import { MemoryRegion } from 'guestmem'

// Where the registers are in the host bridge's configuration space.
export const I440FX_PAM0 = 0x59
export const Q35_PAM0 = 0x90
const REGISTERS = 7

// The two bits of a segment: which accesses go to RAM. What does not goes to PCI.
const READ_ENABLE = 0x1
const WRITE_ENABLE = 0x2
const SEGMENT_BITS = READ_ENABLE | WRITE_ENABLE

/** A register has a segment in each half. That of PAM0's lower one is not there. */
const SEGMENTS = [
  { register: 0, shift: 4, start: 0xf0000, size: 0x10000 },
  ...Array.from({ length: 12 }, (_, index) => ({
    register: 1 + (index >> 1),
    shift: 4 * (index & 1),
    start: 0xc0000 + 0x4000 * index,
    size: 0x4000,
  })),
]

export class Pam {
  #pam0
  #registers = new Uint8Array(REGISTERS)
  #segments

  /**
   * @param {MemoryRegion} system What the CPU sees.
   * @param {MemoryRegion} ram
   * @param {MemoryRegion} pci What PCI shows, below RAM in priority.
   * @param {number} pam0 The offset of the first register.
   */
  constructor(system, ram, pci, pam0 = I440FX_PAM0) {
    this.#pam0 = pam0
    this.#segments = MemoryRegion.transaction(() =>
      SEGMENTS.map(({ start, size, ...place }) => {
        // Both are there from the beginning, above the RAM and the PCI of the whole map, and one is enabled.
        const segment = {
          ...place,
          ram: MemoryRegion.alias('pam-ram', ram, start, size),
          pci: MemoryRegion.alias('pam-pci', pci, start, size),
        }
        segment.ram.setEnabled(false)
        system.addSubregion(start, segment.ram, 1)
        system.addSubregion(start, segment.pci, 1)
        return segment
      }),
    )
  }

  /** A read of configuration space. @param {number} offset @param {number} size 1, 2 or 4. */
  readConfig(offset, size) {
    let value = 0
    for (let at = size - 1; at >= 0; at--) value = value * 256 + (this.#registers[offset + at - this.#pam0] ?? 0)
    return value
  }

  /** A write: the segments of all registers that it reaches change at once. Other offsets are left alone. */
  writeConfig(offset, value, size) {
    for (let at = 0; at < size; at++) {
      const register = offset + at - this.#pam0
      const segments = register === 0 ? SEGMENT_BITS << 4 : SEGMENT_BITS | (SEGMENT_BITS << 4)
      if (register in this.#registers) this.#registers[register] = (value >>> (8 * at)) & segments
    }
    // One transaction: no access sees some segments as they were and others as they will be, and the map is rendered once.
    MemoryRegion.transaction(() => {
      for (const { register, shift, ram, pci } of this.#segments)
        show(ram, pci, (this.#registers[register] >> shift) & SEGMENT_BITS)
    })
  }
}

/**
 * Reads from RAM and writes to PCI is RAM behind a readonly alias. The flat view says so, and it is for the CPU to drop
 * its stores there: an AddressSpace writes as a device does, and a device's writes do reach the RAM (RULES E2).
 *
 * The reverse, reads from PCI and writes to RAM, would be two regions at one address. QEMU shows RAM for both then, and
 * so does this: firmware that copies itself can read the original higher up.
 */
function show(ram, pci, mode) {
  ram.setEnabled(mode !== 0)
  ram.setReadonly(mode === READ_ENABLE)
  pci.setEnabled(mode === 0)
}
