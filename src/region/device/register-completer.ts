import type { CacheMode } from '../../host/cache-mode.ts'
import type { Cells } from '../../ram/access/cells.ts'
import { swap16, swap32, swap64 } from '../../ram/access/views.ts'
import { markStored } from '../../ram/dirty/dirty-marks.ts'
import type { BlockMemory } from '../../ram/ram-block.ts'
import type { MemTxAttrs } from '../../request/attrs.ts'
import { MemTxResult } from '../../request/result.ts'
import type { MemoryRegion } from '../memory-region.ts'
import { type Completer, completion } from './completer.ts'

/**
 * Accesses to memory that is not directly accessible (a ram device's registers, RULES G9; any cache mode that the
 * direct-access policy leaves out): 1 to 8 bytes, each one cell of that width (S5). Unaligned ones are taken, and made
 * as S6 says; where it refuses them, they are rejected.
 *
 * A block request is cut into unaligned pieces only where the host makes each of them in one access. Elsewhere it is
 * cut where the pieces are aligned: fewer accesses than each piece split, and none for S6 to refuse.
 */
export class RegisterCompleter implements Completer {
  readonly maxSize = 8
  readonly endianness = 'native'
  /** Undefined until guest RAM that is not allocated yet is accessed. */
  #made: Cells | undefined
  /** Where the region begins in guest RAM, bytes. */
  readonly #base: number
  readonly #region: MemoryRegion
  readonly #ram: BlockMemory

  /**
   * @param region The region whose registers they are: stores are marked for the clients that log it (RULES F2, I4).
   */
  constructor(cells: Cells | undefined, base: number, region: MemoryRegion, ram: BlockMemory) {
    this.#made = cells
    this.#base = base
    this.#region = region
    this.#ram = ram
  }

  get unaligned(): boolean {
    return this.#cells.oneAccess
  }

  accepts(offset: number, size: number): boolean {
    return this.#cells.permits(this.#base + offset, size)
  }

  read(offset: number, size: number, _attrs: MemTxAttrs, big: boolean): number {
    const address = this.#base + offset
    if (!this.#admit(address, size)) return 0
    const cells = this.#cells
    if (size === 4) return big ? swap32(cells.load32(address)) : cells.load32(address)
    if (size === 2) return big ? swap16(cells.load16(address)) : cells.load16(address)
    return cells.load8(address)
  }

  write(offset: number, value: number, size: number, _attrs: MemTxAttrs, big: boolean): void {
    const address = this.#base + offset
    if (!this.#admit(address, size)) return
    const cells = this.#cells
    if (size === 4) cells.store32(address, big ? swap32(value) : value)
    else if (size === 2) cells.store16(address, big ? swap16(value) : value)
    else cells.store8(address, value)
    this.#stored(address, size)
  }

  read64(offset: number, _attrs: MemTxAttrs, big: boolean): bigint {
    const address = this.#base + offset
    if (!this.#admit(address, 8)) return 0n
    return big ? swap64(this.#cells.load64(address)) : this.#cells.load64(address)
  }

  write64(offset: number, value: bigint, _attrs: MemTxAttrs, big: boolean): void {
    const address = this.#base + offset
    if (!this.#admit(address, 8)) return
    this.#cells.store64(address, big ? swap64(value) : value)
    this.#stored(address, 8)
  }

  get #cells(): Cells {
    this.#made ??= this.#ram.cells(this.#region.cacheMode as CacheMode)
    return this.#made
  }

  #stored(address: number, size: number): void {
    const { dirty, logs } = this.#ram
    if (logs[0] !== 0) markStored(dirty, address, size, this.#region.dirtyLogMask)
  }

  #admit(address: number, size: number): boolean {
    const permitted = this.#cells.permits(address, size)
    completion.result = permitted ? MemTxResult.OK : MemTxResult.DECODE_ERROR
    return permitted
  }
}
