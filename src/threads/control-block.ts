import type { RamBlock } from 'guestmem'

/**
 * The words of a control block. It lies in guest RAM so that a CPU that is WebAssembly can look at its attention word with
 * one load, but no guest address leads to it: its bytes are the protocol's own.
 */
export function controlWords(block: RamBlock): Int32Array {
  const { buffer, byteOffset, byteLength } = block.view()
  return new Int32Array(buffer, byteOffset, Math.floor(byteLength / 4))
}
