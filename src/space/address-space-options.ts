import { checkInteger, checkOneOf, checkOptions } from '../check.ts'
import type { SpaceSettings } from '../dispatch/section.ts'
import { DIRECT_ACCESS, type DirectAccess } from '../request/route.ts'

export interface AddressSpaceOptions {
  /** The target's byte order: of `load*` and `store*`, and of devices that are `native`. `little` unless said. */
  readonly endian?: 'little' | 'big' | undefined
  /** Which memory requests may touch themselves (S1.3). `by-mapping` unless said. */
  readonly directAccess?: DirectAccess | undefined
  /** The most that its bounce buffers may have at once, bytes, 0 to 2^32; 4096 unless said, as in QEMU (RULES J2). */
  readonly bounceBytes?: number | undefined
}

/** @throws TypeError or RangeError naming the option. */
export function checkSpaceOptions(options: AddressSpaceOptions): SpaceSettings & { readonly bounceBytes: number } {
  const {
    endian = 'little',
    directAccess = 'by-mapping',
    bounceBytes = 4096,
  } = checkOptions<AddressSpaceOptions>(options, ['endian', 'directAccess', 'bounceBytes'])
  return {
    big: checkOneOf(endian, ['little', 'big'] as const, 'options.endian') === 'big',
    directAccess: checkOneOf(directAccess, DIRECT_ACCESS, 'options.directAccess'),
    bounceBytes: checkInteger(bounceBytes, 'options.bounceBytes', 0, 2 ** 32),
  }
}
