import type { GuestRam, RamBlock } from 'guestmem'

/**
 * The words of a control block. It lies in guest RAM so that a CPU that is WebAssembly can look at its attention word with
 * one load, but no guest address leads to it: its bytes are the protocol's own.
 */
export function controlWords(block: RamBlock): Int32Array {
  const { buffer, byteOffset, byteLength } = block.view()
  return new Int32Array(buffer, byteOffset, Math.floor(byteLength / 4))
}

/** @throws RangeError where the guest RAM has no room for it. */
export function cutControlBlock(ram: GuestRam, bytes: number): RamBlock {
  try {
    return ram.block('board', bytes)
  } catch (error) {
    throw new RangeError(`ram must have room for the board, in which ${(error as Error).message}`, { cause: error })
  }
}
