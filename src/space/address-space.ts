import { checkAddress, checkBoolean, checkKeys, checkObject, show } from '../check.ts'
import type { MemoryRegion } from '../region/memory-region.ts'
import { type MemTxAttrs, UNSPECIFIED } from '../request/attrs.ts'
import type { MemTxResult } from '../request/result.ts'
import { BounceBudget } from '../transfer/bounce-budget.ts'
import type { DmaWindow } from '../transfer/dma-window.ts'
import { LatestCopy } from '../transfer/latest-copy.ts'
import { mapWindow } from '../transfer/map-window.ts'
import { checkAttrs } from './space-requests.ts'
import type { AddressSpaceOptions } from './space-view.ts'
import { WideAccess } from './wide-access.ts'

export interface MapOptions {
  /** The device stores to the bytes. False unless said: it loads them. */
  readonly write?: boolean
  readonly attrs?: MemTxAttrs
}

const MAP_OPTIONS = ['write', 'attrs'] as const

/**
 * What one bus master sees: addresses, and at each of them what a region tree shows there (QEMU's AddressSpace).
 *
 * Addresses are bytes, integers below 2^53. What a guest can cause is a MemTxResult and throws nothing: an address where
 * nothing is, a write to ROM, an access that a device refuses give DECODE_ERROR, and zero where data is asked for. Of the
 * latest access of this space it stays in `result`. An address that is no such integer is the caller's mistake, and
 * throws a RangeError.
 *
 * A space belongs to one thread; the bytes of its RAM are shared. Its accesses are ordered unless their attributes
 * say RELAXED: no store is seen before one that was made before it.
 */
export class AddressSpace extends WideAccess {
  readonly #bounce: BounceBudget
  readonly #latestCopy: LatestCopy = new LatestCopy()

  /** @param root What the space shows, from its first byte on. */
  constructor(name: string, root: MemoryRegion, options: AddressSpaceOptions = {}) {
    super(name, root, options)
    this.#bounce = new BounceBudget(this.bounceBytes)
  }

  /**
   * Lends guest bytes to a device, until it gives them back with `unmap` (RULES J1-J3). The window is on the memory
   * itself where the route of such a request says that anything may touch it; else it is a bounce buffer.
   *
   * What is there now is what the window is on, for good: when the map changes, a direct window still shows the memory
   * that it was made on, and a bounce buffer is written back to where it would have been.
   *
   * @param address Bytes, 0 to 2^53 - 1.
   * @param length Bytes; what is granted may be less: it ends where the memory does, or an IOMMU's page leads elsewhere,
   *   or the budget for bounce buffers.
   * @returns Undefined where nothing can be lent: for no bytes, and where no bounce buffer is left; `whenRoom` tells
   *   when one is.
   */
  map(address: number, length: number, options: MapOptions = {}): DmaWindow | undefined {
    checkAddress(address, 'address')
    checkAddress(length, 'length')
    checkKeys(checkObject(options, 'options'), MAP_OPTIONS, 'options')
    const write = checkBoolean(options.write ?? false, 'options.write')
    const attrs = checkAttrs(options.attrs ?? UNSPECIFIED)
    return length === 0 ? undefined : mapWindow(this.sections, this.#bounce, address, length, write, attrs)
  }

  /** What is left for bounce buffers, bytes. */
  get bounceBytesLeft(): number {
    return this.#bounce.left
  }

  /**
   * Calls back once, when a bounce buffer can be had (QEMU's map clients, RULES J4): soon, where one can already; else
   * after the next `unmap` of one. Of several, the latest is called first.
   *
   * @returns What takes it back.
   */
  whenRoom(callback: () => void): () => void {
    if (typeof callback !== 'function') throw new TypeError(`callback must be a function, got ${show(callback)}`)
    return this.#bounce.whenRoom(callback)
  }

  /**
   * Copies guest bytes to guest bytes, as one `read` and one `write` of them would: in order, the last byte last, also
   * where the ranges overlap (H12, H13). RAM is copied in one go; what a device gives or takes goes by way of a buffer.
   *
   * @param address Where they go in this space, bytes.
   * @param source The space they are read through; this one, or another of this thread.
   * @param sourceAddress Bytes.
   * @param length Bytes.
   * @throws RangeError, before anything is copied, where ranges overlap and the guest RAM's `scratchLimit` forbids it.
   */
  copy(address: number, source: AddressSpace, sourceAddress: number, length: number, attrs?: MemTxAttrs): MemTxResult {
    if (this.#latestCopy.goOn(this.sections, address, source?.sections, sourceAddress, length, attrs)) {
      // MemTxResult.OK.
      this.latestResult = 0
      return 0
    }
    checkAddress(address, 'address')
    if (!(source instanceof AddressSpace)) throw new TypeError(`source must be an AddressSpace, got ${show(source)}`)
    checkAddress(sourceAddress, 'sourceAddress')
    checkAddress(length, 'length')
    const given = attrs === undefined ? UNSPECIFIED : checkAttrs(attrs)
    const result = this.#latestCopy.find(this.sections, address, source.sections, sourceAddress, length, given)
    this.latestResult = result
    return result
  }
}
