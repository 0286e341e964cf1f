import type { GuestRam } from './guest-ram.ts'

/**
 * A piece of guest RAM that a memory region can show to a guest, or a device keep for itself (QEMU's RAMBlock). Cut by
 * `GuestRam.block`.
 */
export class RamBlock {
  readonly ram: GuestRam
  readonly name: string
  /** Where it begins in its guest RAM, bytes; a multiple of 4096. */
  readonly offset: number
  /** Bytes. */
  readonly size: number

  /** Made by `GuestRam.block`. */
  constructor(ram: GuestRam, name: string, offset: number, size: number) {
    this.ram = ram
    this.name = name
    this.offset = offset
    this.size = size
  }

  /**
   * A plain typed array over the block, for code that keeps its own pointers (a JIT, a display). What goes through it
   * carries no promise of order, and `set`, `copyWithin` and `fill` on it may tear.
   */
  view(): Uint8Array {
    return new Uint8Array(this.ram.buffer, this.offset, this.size)
  }
}
