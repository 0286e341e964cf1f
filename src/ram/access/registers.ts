import { checkInteger, show } from '../../check.ts'
import { type CacheMode, checkCacheMode } from '../../host/cache-mode.ts'
import { markLogged } from '../dirty/dirty-marks.ts'
import { checkBlock, type RamBlock } from '../ram-block.ts'
import type { Cells } from './cells.ts'

/**
 * Register accessors in the manner of Linux' readb/w/l/q and writeb/w/l/q (S5), on a RAM block: one access each when
 * naturally aligned, little-endian, in the guest RAM's order. `offset` is in bytes. Any thread.
 *
 * Unaligned: one instruction where the host has it in memory that is mapped as `cacheMode`, else by the guest RAM's
 * `unaligned` policy: pieces in ascending order, or a RangeError (S6). A block doesn't know how the host maps it: of a
 * device's memory, say so (H6).
 */
export function readb(block: RamBlock, offset: number, cacheMode: CacheMode = 'normal'): number {
  const at = address(block, offset, 1)
  return cellsOf(block, cacheMode).load8(at)
}

/** Loads 16 bits, as {@link readb} 8. */
export function readw(block: RamBlock, offset: number, cacheMode: CacheMode = 'normal'): number {
  const at = address(block, offset, 2)
  return cellsOf(block, cacheMode).load16(at)
}

/** Loads 32 bits, unsigned, as {@link readb} 8. */
export function readl(block: RamBlock, offset: number, cacheMode: CacheMode = 'normal'): number {
  const at = address(block, offset, 4)
  return cellsOf(block, cacheMode).load32(at)
}

/** Loads 64 bits, as {@link readb} 8; a bigint, unsigned. */
export function readq(block: RamBlock, offset: number, cacheMode: CacheMode = 'normal'): bigint {
  const at = address(block, offset, 8)
  return cellsOf(block, cacheMode).load64(at)
}

/**
 * Stores 8 bits, as {@link readb} loads them.
 *
 * @param value An integer, taken modulo 2^8; by the others modulo their width.
 */
export function writeb(block: RamBlock, offset: number, value: number, cacheMode: CacheMode = 'normal'): void {
  const at = address(block, offset, 1)
  cellsOf(block, cacheMode).store8(at, checkValue(value))
  mark(block, at, 1)
}

/** Stores 16 bits, as {@link writeb} 8. */
export function writew(block: RamBlock, offset: number, value: number, cacheMode: CacheMode = 'normal'): void {
  const at = address(block, offset, 2)
  cellsOf(block, cacheMode).store16(at, checkValue(value))
  mark(block, at, 2)
}

/** Stores 32 bits, as {@link writeb} 8. */
export function writel(block: RamBlock, offset: number, value: number, cacheMode: CacheMode = 'normal'): void {
  const at = address(block, offset, 4)
  cellsOf(block, cacheMode).store32(at, checkValue(value))
  mark(block, at, 4)
}

/** Stores 64 bits, as {@link writeb} 8; of a bigint. */
export function writeq(block: RamBlock, offset: number, value: bigint, cacheMode: CacheMode = 'normal'): void {
  if (typeof value !== 'bigint') throw new TypeError(`value must be a bigint, got ${show(value)}`)
  const at = address(block, offset, 8)
  cellsOf(block, cacheMode).store64(at, value)
  mark(block, at, 8)
}

function checkValue(value: number): number {
  if (typeof value === 'number' && value >>> 0 === value) return value
  return checkInteger(value, 'value', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
}

/** For who logs a region of this guest RAM, or all memory (RULES F2). */
function mark(block: RamBlock, address: number, size: number): void {
  if (block.ram.logs[0] !== 0) markLogged(block.ram.dirty, address, size)
}

function cellsOf(block: RamBlock, cacheMode: CacheMode): Cells {
  return block.ram.cells(cacheMode === 'normal' ? cacheMode : checkCacheMode(cacheMode, 'cacheMode')).live()
}

function address(block: RamBlock, offset: number, size: number): number {
  return checkBlock(block, 'block').offset + checkInteger(offset, 'offset', 0, block.size - size)
}
