import { fieldsAt, integerAt } from './fields.ts'
import {
  VFIO_REGION_INFO_FLAG_MMAP,
  VFIO_REGION_INFO_FLAG_READ,
  VFIO_REGION_INFO_FLAG_WRITE,
  type VfioArea,
  type VfioRegionInfo,
  type VfioSkipped,
} from './region-info.ts'

/** Where the MSI-X table is, in the region; bytes. */
export interface MsixTable {
  readonly offset: number
  readonly size: number
}

/** Pages from `start` to `end`. */
interface Pages {
  readonly start: bigint
  readonly end: bigint
}

/** @returns The pages of the host that the table has a part of, or none. @throws TypeError or RangeError. */
export function msixPages(table: unknown, { size, pageSize }: VfioRegionInfo): Pages | undefined {
  if (table === undefined) return undefined
  const given = fieldsAt(table, 'options.msixTable', ['offset', 'size'])
  const bytes = Number(size)
  const offset = integerAt(given.offset, 'options.msixTable.offset', 0, bytes - 1)
  const length = integerAt(given.size, 'options.msixTable.size', 1, bytes - offset)
  const page = BigInt(pageSize)
  const end = BigInt(offset + length)
  return { start: (BigInt(offset) / page) * page, end: ((end + page - 1n) / page) * page }
}

/**
 * What of a region is mapped: its sparse areas, or all of it; without the pages of the MSI-X table, unless the driver
 * says that they may be. A guest that wrote there would send the device's interrupts where it likes.
 *
 * @param skip Told of what can be mapped by its flags, and is not.
 */
export function mappableAreas(
  info: VfioRegionInfo,
  table: Pages | undefined,
  skip: (skipped: VfioSkipped) => void,
): VfioArea[] {
  const { flags, size, pageSize } = info
  if ((flags & VFIO_REGION_INFO_FLAG_MMAP) === 0) return []
  const areas = info.sparse ?? [{ offset: 0n, size }]
  const both = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE
  if ((flags & both) !== both) {
    for (const area of areas) skip({ area, reason: 'the region can not be both read and written' })
    return []
  }
  if (info.sparse === undefined && size % BigInt(pageSize) !== 0n) {
    skip({ area: { offset: 0n, size }, reason: `the region is not made of whole pages of ${pageSize} bytes` })
    return []
  }
  if (info.msixMappable || table === undefined) return [...areas]
  return areas.flatMap(area => without(area, table, skip))
}

function without({ offset, size }: VfioArea, table: Pages, skip: (skipped: VfioSkipped) => void): VfioArea[] {
  const end = offset + size
  if (table.end <= offset || end <= table.start) return [{ offset, size }]
  const below = table.start > offset ? table.start - offset : 0n
  const above = end > table.end ? end - table.end : 0n
  skip({
    area: { offset: offset + below, size: size - below - above },
    reason: 'the MSI-X table is there, and the driver does not say that it may be mapped',
  })
  return [
    { offset, size: below },
    { offset: end - above, size: above },
  ].filter(area => area.size > 0n)
}
