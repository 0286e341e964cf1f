import { checkInteger, checkOptions } from '../check.ts'
import type { MemoryRegion } from '../region/memory-region.ts'
import { checkRegion } from '../region/tree/region-tree.ts'
import { AddressSpace } from '../space/address-space.ts'
import type { AddressSpaceOptions } from '../space/address-space-options.ts'
import { alikeRegion } from './alike-spaces.ts'
import { IommuPermissions, isPowerOfTwo } from './iommu-entry.ts'
import type { IommuMemoryRegion } from './iommu-memory-region.ts'
import type { IommuOps } from './iommu-ops.ts'

/** What `mirror` may be told. */
export interface MirrorOptions {
  /**
   * How many bytes of `target` stand next to one another, a power of two; all of them unless said. An 8-bit chip on every
   * other address of a 16-bit bus has a unit of 1 and a stride of 2.
   */
  readonly unit?: number | undefined
  /** From one unit to the next, bytes: a power of two, `unit` or more. `unit` unless said: there is nothing between them. */
  readonly stride?: number | undefined
}

/**
 * A region that shows `target` again and again, as a chip is seen that does not decode all address bits. It is one range of
 * a flat view, however often it shows the target: four mirrors of a RAM may as well be four aliases, which an access finds
 * quicker, but a register file of 16 bytes in 4 MiB would be 262,144 of them.
 *
 * Each access is translated as an IOMMU's are (RULES K2): what reaches from one mirror into the next is cut there, or
 * rejected where it is one access. Where the target's size is no power of two, it is mirrored at the next larger one, and
 * what is behind it is unassigned.
 *
 * @param target What is shown. It may be mapped elsewhere, too.
 * @param size Of the region, bytes, 1 to 2^64.
 * @throws TypeError or RangeError naming the argument.
 */
export function mirror(
  name: string,
  target: MemoryRegion,
  size: number,
  options: MirrorOptions = {},
): IommuMemoryRegion {
  checkRegion(target, 'target')
  const given = checkOptions<MirrorOptions>(options, ['unit', 'stride'])
  let bytes = 1
  while (bytes < target.size) bytes *= 2
  // No address is 2^53 or more: a target that is as large as that is seen once.
  const { unit = Math.min(bytes, 2 ** 53) } = given
  checkPower(unit, 'options.unit', 1, Math.min(bytes, 2 ** 53))
  const { stride = unit } = given
  if (stride !== unit) checkPower(stride, 'options.stride', unit, 2 ** 52)
  const opsFor = (options: AddressSpaceOptions): IommuOps => {
    // One entry for all questions: an access reads it at once.
    const entry = {
      target: new AddressSpace(name, target, options),
      translated: 0,
      mask: unit - 1,
      permissions: IommuPermissions.NONE as IommuPermissions,
    }
    return {
      translate(address) {
        const within = address % stride
        entry.translated = (((address - within) / stride) * unit + within) % bytes
        entry.permissions = within < unit ? IommuPermissions.BOTH : IommuPermissions.NONE
        return entry
      },
      minPageSize: Math.min(unit, 2 ** 52),
    }
  }
  return alikeRegion(name, opsFor, size)
}

function checkPower(value: number, argument: string, min: number, max: number): void {
  if (!isPowerOfTwo(checkInteger(value, argument, min, max)))
    throw new RangeError(`${argument} must be a power of two, got ${value}`)
}
