import { checkObject } from '../check.ts'
import type { MemoryRegion } from '../region/memory-region.ts'
import { checkRegion } from '../region/tree/region-tree.ts'
import { AddressSpace } from '../space/address-space.ts'
import type { AddressSpaceOptions } from '../space/address-space-options.ts'
import { alikeRegion } from './alike-spaces.ts'
import { IommuPermissions, type IommuTlbEntry } from './iommu-entry.ts'
import type { IommuMemoryRegion } from './iommu-memory-region.ts'
import type { IommuOps } from './iommu-ops.ts'

/** Where accesses go that read, and those that write. */
export interface SplitTargets {
  readonly reads: MemoryRegion
  readonly writes: MemoryRegion
}

/**
 * A region that is read from one place and written to in another: ROM over RAM whose writes fall through, shadow RAM, a
 * mapper's registers behind a cartridge's ROM. (Where reads are of one RAM block and writes go to handlers,
 * `MemoryRegion.romDevice` is quicker.) Accesses are translated as an IOMMU's are.
 *
 * @param size Of the region, bytes, 1 to 2^64; where a target is smaller, nothing is behind it.
 * @throws TypeError or RangeError naming the argument.
 */
export function splitAccess(name: string, targets: SplitTargets, size: number): IommuMemoryRegion {
  const { reads, writes } = checkObject(targets, 'targets') as unknown as SplitTargets
  checkRegion(reads, 'targets.reads')
  checkRegion(writes, 'targets.writes')
  const opsFor = (options: AddressSpaceOptions): IommuOps => {
    const entryOf = (region: MemoryRegion): IommuTlbEntry => ({
      target: new AddressSpace(name, region, options),
      translated: 0,
      mask: Number.MAX_SAFE_INTEGER,
      permissions: IommuPermissions.BOTH,
    })
    const [read, write] = [entryOf(reads), entryOf(writes)]
    return { translate: (_address, access) => (access === IommuPermissions.WRITE ? write : read) }
  }
  return alikeRegion(name, opsFor, size)
}
