import { BUS, type BusBase } from '../region/device/completer.ts'
import type { SpaceSettings } from '../request/space-settings.ts'
import type { AddressSpaceOptions } from '../space/address-space-options.ts'
import { IommuCompleter } from './iommu-completer.ts'
import { IommuMemoryRegion } from './iommu-memory-region.ts'
import { checkIommuOps, type IommuOps } from './iommu-ops.ts'

/**
 * A region whose accesses go on in a space of the library's own, and so are to be what they would be without it: in the
 * byte order of the space that shows the region, by its policy of direct access, and in its ordering. For each kind of
 * space that shows it there is one behind, made when it is first needed.
 *
 * @param opsFor Makes a space of these options, and what leads there.
 */
export function alikeRegion(
  name: string,
  opsFor: (options: AddressSpaceOptions) => IommuOps,
  size: number,
): IommuMemoryRegion {
  const made: (SpaceSettings & { readonly completer: IommuCompleter })[] = []
  const bus: BusBase = {
    at(device, _base, { big, directAccess, ordering = 'auto' }) {
      if (!big && directAccess === 'by-mapping' && ordering === 'auto') return device
      let own = made.find(each => each.big === big && each.directAccess === directAccess && each.ordering === ordering)
      if (own === undefined) {
        const ops = opsFor({ endian: big ? 'big' : 'little', directAccess, ordering })
        own = { big, directAccess, ordering, completer: new IommuCompleter(checkIommuOps(ops)) }
        made.push(own)
      }
      return own.completer
    },
  }
  return new IommuMemoryRegion(name, { ...opsFor({}), [BUS]: bus } as IommuOps, size)
}
