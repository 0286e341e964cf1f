import { checkFunction, checkInteger, checkOneOf, checkOptions } from '../check.ts'
import type { Ordering } from '../ram/access/access-order.ts'
import type { MemTxAttrs } from '../request/attrs.ts'
import type { MemTxResult } from '../request/result.ts'
import { DIRECT_ACCESS, type DirectAccess } from '../request/route.ts'
import type { SpaceSettings } from '../request/space-settings.ts'

/** What `new AddressSpace` may be told. */
export interface AddressSpaceOptions {
  /** The target's byte order: of `load*` and `store*`, and of devices that are `native`. `little` unless said. */
  readonly endian?: 'little' | 'big' | undefined
  /** Which memory requests may touch themselves (S1.3). `by-mapping` unless said. */
  readonly directAccess?: DirectAccess | undefined
  /**
   * What its single accesses of RAM, `load8` to `store64Pair`, promise among themselves, as the memory model of its guest has
   * it: `weak` (Arm, RISC-V, Power, MIPS), `tso` (x86, s390x), `sc`. `auto`, unless said: what the guest RAM's `order` makes
   * of them, never less than `tso` where that is `auto`, too. `weak` makes them plain on every host. Requests of any length,
   * and atomics, stay as they are (docs/ORDERING.md).
   */
  readonly ordering?: Ordering | undefined
  /** The most that its bounce buffers may have at once, bytes, 0 to 2^32; 4096 unless said, as in QEMU (RULES J2). */
  readonly bounceBytes?: number | undefined
  /**
   * An access of 2, 4 or 8 bytes that reaches over the end of what is seen at its address: of a region, of a RAM block of
   * it, of an IOMMU's page. `reject`, unless said, as in QEMU: memory rejects it, a device gets the whole of it (RULES I2,
   * D4). `split`: it is made of accesses of a byte, in ascending order, as a CPU makes an unaligned one.
   */
  readonly seams?: 'reject' | 'split' | undefined
  /**
   * Called after each access and request that did not end with OK, with what it was: `size` is its length, bytes. Those of
   * a MemoryRegionCache and of a ScatterGatherList are among them. A copy is told of to the space that it goes to, as a
   * write; a DMA window says it by its `result`, and by what `unmap` returns. Past 2^53 the address is 2^53.
   *
   * What it throws reaches the caller of the access. It may make accesses: `result` and `high` are those of the access
   * that it was told of, all the same. It costs nothing where all is well.
   */
  readonly onReject?:
    | ((address: number, size: number, write: boolean, attrs: MemTxAttrs, result: MemTxResult) => void)
    | undefined
}

/** The options, with all that is left out filled in. */
export interface CheckedSpaceOptions extends SpaceSettings {
  readonly bounceBytes: number
  readonly splitsSeams: boolean
  readonly onReject: AddressSpaceOptions['onReject']
}

/** @throws TypeError or RangeError naming the option. */
export function checkSpaceOptions(options: AddressSpaceOptions): CheckedSpaceOptions {
  const {
    endian = 'little',
    directAccess = 'by-mapping',
    bounceBytes = 4096,
    seams = 'reject',
    ordering = 'auto',
    onReject,
  } = checkOptions<AddressSpaceOptions>(options, [
    'endian',
    'directAccess',
    'bounceBytes',
    'seams',
    'ordering',
    'onReject',
  ])
  if (onReject !== undefined) checkFunction(onReject, 'options.onReject')
  return {
    big: checkOneOf(endian, ['little', 'big'] as const, 'options.endian') === 'big',
    directAccess: checkOneOf(directAccess, DIRECT_ACCESS, 'options.directAccess'),
    bounceBytes: checkInteger(bounceBytes, 'options.bounceBytes', 0, 2 ** 32),
    splitsSeams: checkOneOf(seams, ['reject', 'split'] as const, 'options.seams') === 'split',
    ordering: checkOneOf(ordering, ['auto', 'weak', 'tso', 'sc'] as const, 'options.ordering'),
    onReject,
  }
}
