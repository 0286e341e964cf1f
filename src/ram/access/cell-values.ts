import type { Cells } from './cells.ts'
import { swap, swap64 } from './views.ts'

/** What one access loads or stores: unsigned, a bigint where it is of 8 bytes. */
export type Value = number | bigint

/** Reverses the bytes of a value of `size`. */
export function swapValue(value: Value, size: number): Value {
  return typeof value === 'bigint' ? swap64(value) : swap(value, size)
}

/** @param big The value is wanted in big-endian byte order, where guest RAM's cells are little-endian. */
export function loadCell(cells: Cells, address: number, size: number, big: boolean): Value {
  const value =
    size === 4
      ? cells.load32(address)
      : size === 2
        ? cells.load16(address)
        : size === 1
          ? cells.load8(address)
          : cells.load64(address)
  return big ? swapValue(value, size) : value
}

export function storeCell(cells: Cells, address: number, value: Value, size: number, big: boolean): void {
  const little = big ? swapValue(value, size) : value
  if (typeof little === 'bigint') cells.store64(address, little)
  else if (size === 4) cells.store32(address, little)
  else if (size === 2) cells.store16(address, little)
  else cells.store8(address, little)
}
