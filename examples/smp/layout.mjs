// Where things are: in the guest's physical addresses, and in the one linear memory that all harts run in.

const KIB = 1024
const MIB = 2 ** 20

// The guest's map: that of QEMU's board "virt", as far as these devices go.
export const BOOT_ROM = 0x1000
export const CLINT = 0x200_0000
export const PLIC = 0xc00_0000
export const UART = 0x1000_0000
export const VIRTIO = 0x1000_1000
export const POWER = 0x10_0000
export const RAM = 0x8000_0000

/** Sources of the PLIC. */
export const IRQ = { virtio: 1, uart: 10 }
/** How fast mtime counts, Hz. */
export const TIMEBASE = 10_000_000
export const MOST_HARTS = 4

// The linear memory: what a hart keeps beside its guest, the table of compressed instructions, a page table for each hart,
// and from GUEST_RAM on the guest RAM, in which the main memory and the board's control block are cut.
const HART = 64 * KIB
const HART_BYTES = 4 * KIB
export const EXPANSIONS = 256 * KIB
const TABLES = MIB
const TABLE_BYTES = 5 * MIB
export const GUEST_RAM = 24 * MIB

/** @param {number} hart */
export const hartOffset = hart => HART + hart * HART_BYTES
/** @param {number} hart */
export const tableOffset = hart => TABLES + hart * TABLE_BYTES

/** Where its page table's entries begin: behind the header (docs/PAGE-TABLE.md). @param {number} hart */
export const tableEntries = hart => tableOffset(hart) + 64

/**
 * A hart's own bytes, from `hartOffset` on: x0 to x31, and words of 64 bits. `wires` are the levels of its interrupts, bits of
 * mip, which the owner of the devices stores.
 */
export const STATE = { x: 0, pc: 256, retired: 264, attention: 272, wires: 280 }

/**
 * The linear memory of a machine.
 *
 * @param {number} ramBytes Of the guest's main memory.
 */
export function linearMemory(ramBytes) {
  // 4 MiB beyond: the control block, and what else is cut.
  const pages = (GUEST_RAM + ramBytes + 4 * MIB) / (64 * KIB)
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
}
