import { checkInteger, show } from '../check.ts'
import { RamBlock } from './ram-block.ts'

/**
 * Register accessors in the manner of Linux' readb/w/l/q and writeb/w/l/q (S5), on a RAM block: one access each when
 * naturally aligned, little-endian, in the guest RAM's order. `offset` is in bytes. Any thread.
 *
 * Unaligned: one instruction where the host has it, else by the guest RAM's `unaligned` policy: pieces in ascending
 * order, or a RangeError (S6).
 */
export function readb(block: RamBlock, offset: number): number {
  return block.ram.cells('normal').load8(address(block, offset, 1))
}

export function readw(block: RamBlock, offset: number): number {
  return block.ram.cells('normal').load16(address(block, offset, 2))
}

/** Unsigned. */
export function readl(block: RamBlock, offset: number): number {
  return block.ram.cells('normal').load32(address(block, offset, 4))
}

export function readq(block: RamBlock, offset: number): bigint {
  return block.ram.cells('normal').load64(address(block, offset, 8))
}

/** `value` is taken modulo 2^8; the others modulo their width. */
export function writeb(block: RamBlock, offset: number, value: number): void {
  block.ram.cells('normal').store8(address(block, offset, 1), value)
}

export function writew(block: RamBlock, offset: number, value: number): void {
  block.ram.cells('normal').store16(address(block, offset, 2), value)
}

export function writel(block: RamBlock, offset: number, value: number): void {
  block.ram.cells('normal').store32(address(block, offset, 4), value)
}

export function writeq(block: RamBlock, offset: number, value: bigint): void {
  if (typeof value !== 'bigint') throw new TypeError(`value must be a bigint, got ${show(value)}`)
  block.ram.cells('normal').store64(address(block, offset, 8), value)
}

function address(block: RamBlock, offset: number, size: number): number {
  if (!(block instanceof RamBlock)) throw new TypeError(`block must be a RamBlock, got ${show(block)}`)
  return block.offset + checkInteger(offset, 'offset', 0, block.size - size)
}
