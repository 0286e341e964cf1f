export type { VfioDeviceFile } from './device-file.ts'
export type { GuestMode } from './guest-mode.ts'
export { guestMode } from './guest-mode.ts'
export type { MsixTable } from './mappable.ts'
export {
  ARM64_LINUX_MAIR,
  cacheModeOfArm64Attribute,
  cacheModeOfArm64Page,
  cacheModeOfX86Page,
  cacheModeOfX86Pat,
  X86_LINUX_PAT,
} from './page-protection.ts'
export type { RegionInfoOptions } from './parse-region-info.ts'
export { parseRegionInfo, regionInfoSize } from './parse-region-info.ts'
export type { VfioArea, VfioRegionInfo, VfioRegionReport, VfioSkipped } from './region-info.ts'
export {
  VFIO_REGION_INFO_FLAG_CAPS,
  VFIO_REGION_INFO_FLAG_MMAP,
  VFIO_REGION_INFO_FLAG_READ,
  VFIO_REGION_INFO_FLAG_WRITE,
} from './region-info.ts'
export type { VfioAreaObject, VfioRegionObject } from './region-object.ts'
export { regionInfoFromObject } from './region-object.ts'
export type { VfioRegions, VfioRegionsOptions } from './regions.ts'
export { vfioRegions } from './regions.ts'
export type { SmapsMapping, SmapsOptions } from './smaps.ts'
export { cacheModesFromSmaps } from './smaps.ts'
