import type { CacheMode } from 'guestmem'
import { refuseType } from './fields.ts'

// Bits of `vfio_region_info.flags`, by their names in linux/vfio.h.

/** A bit of `vfio_region_info.flags`: the region can be read through the device file. */
export const VFIO_REGION_INFO_FLAG_READ = 1
/** A bit of `vfio_region_info.flags`: the region can be written through the device file. */
export const VFIO_REGION_INFO_FLAG_WRITE = 2
/** A bit of `vfio_region_info.flags`: the region, or areas of it, can be mapped. */
export const VFIO_REGION_INFO_FLAG_MMAP = 4
/** A bit of `vfio_region_info.flags`: capabilities follow the description. */
export const VFIO_REGION_INFO_FLAG_CAPS = 8

/** A part of a region. */
export interface VfioArea {
  /** In the region, bytes. */
  readonly offset: bigint
  /** Bytes. */
  readonly size: bigint
}

/** What a host's VFIO driver says of one region of a device: a BAR, the ROM, the configuration space. Deeply frozen. */
export interface VfioRegionInfo {
  /** Which region of the device. */
  readonly index: number
  /** As the kernel gave them, bits that are unknown here included. */
  readonly flags: number
  /** Bytes; 0 where the device has no such region. */
  readonly size: bigint
  /** In the device file, bytes. */
  readonly offset: bigint
  /** The host's page, bytes: what can be mapped is a multiple of it. */
  readonly pageSize: number
  /**
   * The only areas that can be mapped, in the driver's order, if it says which. Undefined: all of the region, where it
   * has VFIO_REGION_INFO_FLAG_MMAP.
   */
  readonly sparse: readonly VfioArea[] | undefined
  /** What a region is that is no BAR: VFIO_REGION_INFO_CAP_TYPE. */
  readonly type: { readonly type: number; readonly subtype: number } | undefined
  /** The page of the MSI-X table may be mapped: VFIO_REGION_INFO_CAP_MSIX_MAPPABLE. */
  readonly msixMappable: boolean
  /** How the driver maps the region (S3). Undefined: it does not say, and the mode is `noncached`. */
  readonly cacheMode: CacheMode | undefined
}

/** What of a description is not used, and why. The region works without it, slower at worst. */
export interface VfioSkipped {
  /** Of a capability. */
  readonly id?: number | undefined
  /** Of a capability. */
  readonly version?: number | undefined
  /** Of an area that can't be mapped: it is reached through the device file. */
  readonly area?: VfioArea | undefined
  readonly reason: string
}

/** A description of a region, and what of it was passed over. */
export interface VfioRegionReport {
  readonly info: VfioRegionInfo
  /** In the order in which it was met; empty where all is used. */
  readonly skipped: readonly VfioSkipped[]
}

const checked = /* @__PURE__ */ new WeakSet<object>()

/** Ends a check. Only what comes out here is built into regions: a copy with another mode is not (S3). */
export function sealReport(info: VfioRegionInfo, skipped: readonly VfioSkipped[]): VfioRegionReport {
  for (const area of info.sparse ?? []) Object.freeze(area)
  Object.freeze(info.sparse)
  Object.freeze(info.type)
  Object.freeze(info)
  checked.add(info)
  return { info, skipped }
}

/** @throws TypeError where `value` is not the `info` of a report. */
export function checkInfo(value: unknown): VfioRegionInfo {
  if (typeof value === 'object' && value !== null && checked.has(value)) return value as VfioRegionInfo
  return refuseType('info', 'the info that parseRegionInfo or regionInfoFromObject gave', value)
}
