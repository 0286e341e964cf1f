import { AddressSpace, MemoryRegion } from 'guestmem'

// Where things lie in guest memory: a ring of descriptors, a buffer for each, and what the guest says of its work.
export const RING = { address: 0x1000, slots: 64 }
export const BUFFERS = { address: 0x4000, bytes: 256 }
export const REPORT = { taken: 0x800, sum: 0x804 }

/** Words of the pins: how many interrupts there were, and whether the machine is switched off. */
export const PINS = { interrupts: 0, off: 1 }

/** A descriptor: the address of a packet, its length, and a status, which is its last byte. */
export const DESCRIPTOR = { bytes: 16, address: 0, length: 4, status: 15, DONE: 1 }

/**
 * The blocks of a new guest RAM. Of a thread that attaches to it they are `ram.blocks`.
 *
 * @param {import('guestmem').GuestRam} ram
 */
export function cutBlocks(ram) {
  ram.block('memory', 64 * 1024)
  // No guest address leads to it: it is what a chip's pins are to its CPU.
  ram.block('pins', 4 * 2)
}

/**
 * The guest's memory, as this thread sees it. Regions, spaces and handlers belong to one thread, so each thread makes its
 * own; the bytes are the same.
 *
 * @param {import('guestmem').GuestRam} ram
 */
export function machineOver(ram) {
  const [memory, pins] = ram.blocks
  return {
    memory: new AddressSpace('memory', MemoryRegion.ram('memory', memory)),
    pins: new Int32Array(ram.buffer, pins.offset, 2),
  }
}
