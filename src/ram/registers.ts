import { checkInteger, show } from '../check.ts'
import type { Cells } from './cells.ts'
import { RamBlock } from './ram-block.ts'

/**
 * Register accessors in the manner of Linux' readb/w/l/q and writeb/w/l/q (S5), on a RAM block: one access each when
 * naturally aligned, little-endian, in the guest RAM's order. `offset` is in bytes. Any thread.
 *
 * Unaligned: one instruction where the host has it, else by the guest RAM's `unaligned` policy: pieces in ascending
 * order, or a RangeError (S6).
 */
export function readb(block: RamBlock, offset: number): number {
  return cellsOf(block).load8(address(block, offset, 1))
}

export function readw(block: RamBlock, offset: number): number {
  return cellsOf(block).load16(address(block, offset, 2))
}

/** Unsigned. */
export function readl(block: RamBlock, offset: number): number {
  return cellsOf(block).load32(address(block, offset, 4))
}

export function readq(block: RamBlock, offset: number): bigint {
  return cellsOf(block).load64(address(block, offset, 8))
}

/** `value` is taken modulo 2^8; the others modulo their width. */
export function writeb(block: RamBlock, offset: number, value: number): void {
  cellsOf(block).store8(address(block, offset, 1), value)
}

export function writew(block: RamBlock, offset: number, value: number): void {
  cellsOf(block).store16(address(block, offset, 2), value)
}

export function writel(block: RamBlock, offset: number, value: number): void {
  cellsOf(block).store32(address(block, offset, 4), value)
}

export function writeq(block: RamBlock, offset: number, value: bigint): void {
  if (typeof value !== 'bigint') throw new TypeError(`value must be a bigint, got ${show(value)}`)
  cellsOf(block).store64(address(block, offset, 8), value)
}

function cellsOf(block: RamBlock): Cells {
  if (!(block instanceof RamBlock)) throw new TypeError(`block must be a RamBlock, got ${show(block)}`)
  return block.ram.cells('normal')
}

function address(block: RamBlock, offset: number, size: number): number {
  return block.offset + checkInteger(offset, 'offset', 0, block.size - size)
}
