import type { CellAccess } from './cell-access.ts'
import { little16, little32 } from './views.ts'

/** A length and a naturally aligned address that make one access: 1, 2, 4 or 8 bytes (S2.1). */
export function isCell(address: number, length: number): boolean {
  return length <= 8 && (length & (length - 1)) === 0 && (address & (length - 1)) === 0 && length !== 0
}

/** `length` bytes of a user's array, as one store to guest RAM. */
export function putCell(cells: CellAccess, dst: number, bytes: Uint8Array, at: number, length: number): void {
  if (length === 4) cells.store32(dst, little32(bytes, at))
  else if (length === 1) cells.store8(dst, bytes[at] as number)
  else if (length === 2) cells.store16(dst, little16(bytes, at))
  else cells.store64Pair(dst, little32(bytes, at), little32(bytes, at + 4))
}

/** One load from guest RAM, as `length` bytes of a user's array. */
export function getCell(cells: CellAccess, bytes: Uint8Array, at: number, src: number, length: number): void {
  if (length === 4) spread(bytes, at, cells.load32(src), 4)
  else if (length === 1) bytes[at] = cells.load8(src)
  else if (length === 2) spread(bytes, at, cells.load16(src), 2)
  else {
    spread(bytes, at, cells.load64Pair(src), 4)
    spread(bytes, at + 4, cells.high, 4)
  }
}

function spread(bytes: Uint8Array, at: number, value: number, length: number): void {
  bytes[at] = value
  bytes[at + 1] = value >>> 8
  if (length === 4) {
    bytes[at + 2] = value >>> 16
    bytes[at + 3] = value >>> 24
  }
}
