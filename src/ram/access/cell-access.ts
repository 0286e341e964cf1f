/**
 * Accesses of 1, 2, 4 and 8 bytes at a byte address in guest RAM, little-endian: Cells, as far as block transfers use
 * them.
 */
export interface CellAccess {
  /** The high half of the latest `load64Pair`. */
  readonly high: number
  load8(address: number): number
  load16(address: number): number
  load32(address: number): number
  load64Pair(address: number): number
  store8(address: number, value: number): void
  store16(address: number, value: number): void
  store32(address: number, value: number): void
  store64Pair(address: number, low: number, high: number): void
}
