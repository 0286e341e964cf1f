import { MemoryRegion, RamBlock } from 'guestmem'
import { deviceFileOps, type VfioDeviceFile } from './device-file.ts'
import { functionAt, objectAt, refuseRange, refuseType, textAt } from './fields.ts'
import { type MsixTable, mappableAreas, msixPages } from './mappable.ts'
import { checkInfo, type VfioArea, type VfioRegionInfo, type VfioSkipped } from './region-info.ts'

/** There is no cache mode among them: the driver reports it, and userspace never chooses it (S3). */
export interface VfioRegionsOptions {
  /** Of the region; `region 4` for index 4 unless said. Areas are `<name> mmaps[0]` and so on. */
  readonly name?: string
  /** Where the device's MSI-X table is, if it is in this region. */
  readonly msixTable?: MsixTable
  /** The device that all its regions share a re-entrancy guard for (RULES G7); each region its own unless said. */
  readonly owner?: object
}

export interface VfioRegions {
  /** The region: io, with the mapped areas as its subregions. */
  readonly region: MemoryRegion
  /** The subregions, ramDevice, in the order of their areas. */
  readonly mapped: readonly MemoryRegion[]
  /** What could be mapped by its flags and is not, and why. */
  readonly skipped: readonly VfioSkipped[]
}

const OPTIONS = ['name', 'msixTable', 'owner'] as const
const FILE_LIMIT = 2n ** 53n

/**
 * The memory regions of a VFIO region, as QEMU builds them: io through the device file, and above it, where the region
 * can be mapped, ramDevice areas with the cache mode that the driver reports, `noncached` where it reports none (S3).
 *
 * @param info Of `parseRegionInfo` or `regionInfoFromObject`, of a region that is there (its size is not 0).
 * @throws TypeError or RangeError naming the argument and the bad value.
 */
export function vfioRegions(info: VfioRegionInfo, file: VfioDeviceFile, options: VfioRegionsOptions = {}): VfioRegions {
  const { index, flags, size, offset, cacheMode = 'noncached' } = checkInfo(info)
  const { read, write, mmap } = objectAt(file, 'file')
  functionAt(read, 'file.read')
  functionAt(write, 'file.write')
  if (mmap !== undefined) functionAt(mmap, 'file.mmap')
  objectAt(options, 'options', OPTIONS)
  const name = textAt(options.name ?? `region ${index}`, 'options.name')
  if (size === 0n) refuseRange('info.size', 'over 0, as of a region that the device has', size)
  if (offset + size > FILE_LIMIT)
    refuseRange('info.size', `such that offset + size is at most 2^53, with offset ${offset}`, size)
  const table = msixPages(options.msixTable, info)

  const start = Number(offset)
  const { owner } = options
  const ops = deviceFileOps(file, start, flags)
  const region = MemoryRegion.io(name, ops, Number(size), owner === undefined ? {} : { owner })
  const skipped: VfioSkipped[] = []
  const mapped: MemoryRegion[] = []
  MemoryRegion.transaction(() => {
    for (const area of mappableAreas(info, table, one => void skipped.push(one))) {
      const block = blockOf(file, start, area)
      if (block === undefined) {
        skipped.push({ area, reason: 'the device file does not map it' })
        continue
      }
      const ram = MemoryRegion.ramDevice(`${name} mmaps[${mapped.length}]`, block, { cacheMode })
      if (ram.size !== Number(area.size))
        refuseRange('file.mmap()', `blocks of ${area.size} bytes in all, as asked for`, ram.size)
      region.addSubregion(Number(area.offset), ram)
      mapped.push(ram)
    }
  })
  return { region, mapped, skipped }
}

function blockOf(file: VfioDeviceFile, start: number, area: VfioArea): RamBlock | readonly RamBlock[] | undefined {
  const block: unknown = file.mmap?.(start + Number(area.offset), Number(area.size))
  if (block === undefined || block instanceof RamBlock) return block
  if (Array.isArray(block) && block.length > 0 && block.every(each => each instanceof RamBlock)) return block
  return refuseType('file.mmap()', 'a RamBlock, some of them, or undefined', block)
}
