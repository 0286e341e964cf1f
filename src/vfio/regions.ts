import { MemoryRegion, RamBlock } from 'guestmem'
import { deviceFileOps, type VfioDeviceFile } from './device-file.ts'
import { bare, functionAt, memberOf, objectAt, optionsAt, refuseRange, refuseType, textAt } from './fields.ts'
import { type MsixTable, mappableAreas, msixPages } from './mappable.ts'
import { checkInfo, type VfioRegionInfo, type VfioSkipped } from './region-info.ts'

/** There is no cache mode among them: the driver reports it, and userspace never chooses it (S3). */
export interface VfioRegionsOptions {
  /** Of the region; `region 4` for index 4 unless said. Areas are `<name> mmaps[0]` and so on. */
  readonly name?: string | undefined
  /** Where the device's MSI-X table is, if it is in this region. */
  readonly msixTable?: MsixTable | undefined
  /** The device that all its regions share a re-entrancy guard for (RULES G7); each region its own unless said. */
  readonly owner?: object | undefined
}

/** The regions that were built of a BAR. */
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
export function vfioRegions(info: VfioRegionInfo, file: VfioDeviceFile, options?: VfioRegionsOptions): VfioRegions {
  const { index, flags, size, offset, cacheMode = 'noncached' } = checkInfo(info)
  objectAt(file, 'file')
  functionAt(memberOf(file, 'read'), 'file.read')
  functionAt(memberOf(file, 'write'), 'file.write')
  const mmap = mmapOf(file)
  const given = optionsAt(options, OPTIONS)
  const name = textAt(given.name ?? `region ${index}`, 'options.name')
  if (size === 0n) refuseRange('info.size', 'over 0, as of a region that the device has', size)
  if (offset + size > FILE_LIMIT)
    refuseRange('info.size', `such that offset + size is at most 2^53, with offset ${offset}`, size)
  const table = msixPages(given.msixTable, info)

  const start = Number(offset)
  const { owner } = given as VfioRegionsOptions
  const ops = deviceFileOps(file, start, flags)
  const region = MemoryRegion.io(name, ops, Number(size), bare(owner === undefined ? {} : { owner }))
  const skipped: VfioSkipped[] = []
  const mapped: MemoryRegion[] = []
  MemoryRegion.transaction(() => {
    for (const area of mappableAreas(info, table, one => void skipped.push(one))) {
      const block = mmap && checkBlocks(mmap(start + Number(area.offset), Number(area.size)))
      if (block === undefined) {
        skipped.push({ area, reason: 'the device file does not map it' })
        continue
      }
      const ram = MemoryRegion.ramDevice(`${name} mmaps[${mapped.length}]`, block, bare({ cacheMode }))
      if (ram.size !== Number(area.size))
        refuseRange('file.mmap()', `blocks of ${area.size} bytes in all, as asked for`, ram.size)
      region.addSubregion(Number(area.offset), ram)
      mapped.push(ram)
    }
  })
  return { region, mapped, skipped }
}

/** The device file's own method, with the file as its `this`. */
function mmapOf(file: VfioDeviceFile): ((offset: number, size: number) => unknown) | undefined {
  const mmap = memberOf(file, 'mmap')
  if (mmap === undefined) return undefined
  functionAt(mmap, 'file.mmap')
  return (offset, size) => (mmap as NonNullable<VfioDeviceFile['mmap']>).call(file, offset, size)
}

/** What `mmap` gave: blocks, or undefined where the driver refuses. */
function checkBlocks(blocks: unknown): RamBlock | readonly RamBlock[] | undefined {
  if (blocks === undefined || blocks instanceof RamBlock) return blocks
  if (Array.isArray(blocks) && blocks.length > 0 && blocks.every(each => each instanceof RamBlock)) return blocks
  return refuseType('file.mmap()', 'a RamBlock, some of them, or undefined', blocks)
}
