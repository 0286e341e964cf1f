import type { CellAccess } from '../access/cell-access.ts'
import type { PrivateMemory } from './private-memory.ts'

/**
 * Cells of private guest RAM: nobody else can see the bytes, so that no access can tear, and every address will do.
 * Little-endian, as all cells are.
 */
export class PrivateCells implements CellAccess {
  readonly atomic: boolean
  readonly oneAccess: boolean
  readonly splits: boolean
  high: number
  readonly #memory: PrivateMemory

  constructor(memory: PrivateMemory) {
    this.atomic = false
    this.oneAccess = true
    this.splits = true
    this.high = 0
    this.#memory = memory
  }

  permits(_address: number, _size: number): boolean {
    return true
  }

  load8(address: number): number {
    return this.#memory.live().data.getUint8(address)
  }

  load16(address: number): number {
    return this.#memory.live().data.getUint16(address, true)
  }

  load32(address: number): number {
    return this.#memory.live().data.getUint32(address, true)
  }

  load64(address: number): bigint {
    return this.#memory.live().data.getBigUint64(address, true)
  }

  load64Pair(address: number): number {
    const { data } = this.#memory.live()
    this.high = data.getUint32(address + 4, true)
    return data.getUint32(address, true)
  }

  store8(address: number, value: number): void {
    this.#memory.live().data.setUint8(address, value)
  }

  store16(address: number, value: number): void {
    this.#memory.live().data.setUint16(address, value, true)
  }

  store32(address: number, value: number): void {
    this.#memory.live().data.setUint32(address, value, true)
  }

  store64(address: number, value: bigint): void {
    this.#memory.live().data.setBigUint64(address, value, true)
  }

  store64Pair(address: number, low: number, high: number): void {
    const { data } = this.#memory.live()
    data.setUint32(address, low, true)
    data.setUint32(address + 4, high, true)
  }
}
