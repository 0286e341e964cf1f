import type { CellAccess } from './cell-access.ts'
import { getCell, putCell } from './cell-bytes.ts'

/**
 * Block transfers in naturally aligned accesses of 1, 2, 4 and 8 bytes and no other, ascending: for memory where the
 * host allows nothing else, such as device memory outside x86 (H6, S4).
 */

/** The widest naturally aligned access at `address` within `length` bytes. */
export function fixedWidth(address: number, length: number): number {
  if ((address & 1) !== 0 || length < 2) return 1
  if ((address & 2) !== 0 || length < 4) return 2
  return (address & 4) !== 0 || length < 8 ? 4 : 8
}

export function fixedIn(cells: CellAccess, dst: number, user: Uint8Array, at: number, length: number): void {
  for (let done = 0; done < length; ) {
    const width = fixedWidth(dst + done, length - done)
    putCell(cells, dst + done, user, at + done, width)
    done += width
  }
}

export function fixedOut(cells: CellAccess, user: Uint8Array, at: number, src: number, length: number): void {
  for (let done = 0; done < length; ) {
    const width = fixedWidth(src + done, length - done)
    getCell(cells, user, at + done, src + done, width)
    done += width
  }
}

export function fixedFill(cells: CellAccess, dst: number, byte: number, length: number): void {
  const word = byte * 0x0101_0101
  for (let done = 0; done < length; ) {
    const address = dst + done
    const width = fixedWidth(address, length - done)
    if (width === 8) cells.store64Pair(address, word, word)
    else if (width === 4) cells.store32(address, word)
    else if (width === 2) cells.store16(address, word)
    else cells.store8(address, word)
    done += width
  }
}
