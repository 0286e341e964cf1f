import type { CacheMode } from '../../host/cache-mode.ts'
import { loadCell, storeCell, type Value } from '../../ram/access/cell-values.ts'
import type { Cells } from '../../ram/access/cells.ts'
import { markStored } from '../../ram/dirty/dirty-marks.ts'
import type { BlockMemory } from '../../ram/ram-block.ts'
import type { MemTxAttrs } from '../../request/attrs.ts'
import { MemTxResult } from '../../request/result.ts'
import type { MemoryRegion } from '../memory-region.ts'
import { type Completer, completion, endWith } from './completer.ts'

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
  /** Undefined until it is accessed: guest RAM may not be allocated yet. */
  #made: Cells | undefined
  /** Where the region begins in guest RAM, bytes. */
  readonly #base: number
  readonly #region: MemoryRegion
  readonly #ram: BlockMemory

  /**
   * @param region The region whose registers they are: stores are marked for the clients that log it (RULES F2, I4).
   */
  constructor(base: number, region: MemoryRegion, ram: BlockMemory) {
    this.#base = base
    this.#region = region
    this.#ram = ram
  }

  get unaligned(): boolean {
    return this.#cells.oneAccess
  }

  /** The memory of a device may have side effects. */
  get debug(): Completer | undefined {
    return this.#region.kind === 'ramDevice' ? undefined : this
  }

  get requests(): undefined {
    return undefined
  }

  get note(): undefined {
    return undefined
  }

  get bus(): undefined {
    return undefined
  }

  accepts(offset: number, size: number): boolean {
    return this.#cells.permits(this.#base + offset, size)
  }

  read(offset: number, size: number, _attrs: MemTxAttrs, big: boolean): Value {
    const address = this.#base + offset
    if (!this.accepts(offset, size)) return endWith(MemTxResult.DECODE_ERROR, size)
    completion.result = MemTxResult.OK
    return loadCell(this.#cells, address, size, big)
  }

  write(offset: number, value: Value, size: number, _attrs: MemTxAttrs, big: boolean): void {
    const address = this.#base + offset
    const { dirty, logs } = this.#ram
    if (this.accepts(offset, size)) {
      completion.result = MemTxResult.OK
      storeCell(this.#cells, address, value, size, big)
      if (logs[0] !== 0) markStored(dirty, address, size, this.#region.dirtyLogMask)
    } else endWith(MemTxResult.DECODE_ERROR, size)
  }

  get #cells(): Cells {
    this.#made ??= this.#ram.cells(this.#region.cacheMode as CacheMode)
    return this.#made
  }
}
