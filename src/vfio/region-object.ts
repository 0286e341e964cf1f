import { CACHE_MODES, type CacheMode } from 'guestmem'
import { usableAreas } from './areas.ts'
import { arrayAt, flagAt, integerAt, objectAt, oneOf, pageSizeAt, refuseRange, refuseType, u64At } from './fields.ts'
import {
  sealReport,
  VFIO_REGION_INFO_FLAG_MMAP,
  type VfioArea,
  type VfioRegionReport,
  type VfioSkipped,
} from './region-info.ts'

/** A part of a region; numbers below 2^53, or bigints. */
export interface VfioAreaObject {
  /** In the region, bytes. */
  readonly offset: number | bigint
  /** Bytes. */
  readonly size: number | bigint
  /** What a dump of page protections says of this area. All areas of a region share one mode (S3). */
  readonly cacheMode?: CacheMode | undefined
}

/** A region as its driver describes it, written by hand or made from a dump; a VfioRegionInfo is one. */
export interface VfioRegionObject {
  readonly index: number
  /** VFIO_REGION_INFO_FLAG bits. */
  readonly flags: number
  /** Bytes. */
  readonly size: number | bigint
  /** In the device file, bytes. */
  readonly offset: number | bigint
  /** The host's page, bytes; 4096 unless said. */
  readonly pageSize?: number
  /** The only areas that can be mapped; all of the region unless said. */
  readonly sparse?: readonly VfioAreaObject[] | undefined
  readonly type?: { readonly type: number; readonly subtype: number } | undefined
  readonly msixMappable?: boolean
  /** How the driver says that it maps the region; undefined where it does not. */
  readonly cacheMode?: CacheMode | undefined
}

const KEYS = [
  'index',
  'flags',
  'size',
  'offset',
  'pageSize',
  'sparse',
  'type',
  'msixMappable',
  'cacheMode',
] as const satisfies readonly (keyof VfioRegionObject)[]
const U32_MAX = 2 ** 32 - 1

/**
 * The same as `parseRegionInfo`, of a plain object: checked as strictly, skipped and refused for the same reasons.
 *
 * @throws TypeError or RangeError naming the field and its value.
 */
export function regionInfoFromObject(object: VfioRegionObject): VfioRegionReport {
  const given = objectAt(object, 'object', KEYS)
  const index = integerAt(given.index, 'object.index', 0, U32_MAX)
  const flags = integerAt(given.flags, 'object.flags', 0, U32_MAX)
  const size = u64At(given.size, 'object.size')
  const offset = u64At(given.offset, 'object.offset')
  if (offset + size > 2n ** 64n) refuseRange('object.size', `at most 2^64 - offset, ${2n ** 64n - offset}`, size)
  const pageSize = pageSizeAt(given.pageSize ?? 4096, 'object.pageSize')
  const msixMappable = flagAt(given.msixMappable ?? false, 'object.msixMappable')
  const whole = given.cacheMode === undefined ? undefined : modeAt(given.cacheMode, 'object.cacheMode')
  const type = given.type === undefined ? undefined : typeAt(given.type)

  const skipped: VfioSkipped[] = []
  const skip = (one: VfioSkipped) => void skipped.push(one)
  if (given.sparse === undefined)
    return sealReport(
      { index, flags, size, offset, pageSize, sparse: undefined, type, msixMappable, cacheMode: whole },
      skipped,
    )
  const areas = arrayAt(given.sparse, 'object.sparse')
  const cacheMode = oneMode(areas, whole)
  const named = areas.map((area, at) => areaAt(area, `object.sparse[${at}]`))
  let sparse = usableAreas(named, 'object.sparse', size, pageSize, skip)
  if ((flags & VFIO_REGION_INFO_FLAG_MMAP) === 0) {
    for (const area of sparse) skip({ area, reason: 'flags say that the region can not be mapped' })
    sparse = []
  }
  return sealReport({ index, flags, size, offset, pageSize, sparse, type, msixMappable, cacheMode }, skipped)
}

function modeAt(value: unknown, where: string): CacheMode {
  return oneOf(value, CACHE_MODES, where)
}

function typeAt(value: unknown): { type: number; subtype: number } {
  const { type, subtype } = objectAt(value, 'object.type', ['type', 'subtype'])
  return {
    type: integerAt(type, 'object.type.type', 0, U32_MAX),
    subtype: integerAt(subtype, 'object.type.subtype', 0, U32_MAX),
  }
}

function areaAt(value: unknown, where: string): VfioArea {
  const { offset, size } = objectAt(value, where, ['offset', 'size', 'cacheMode'])
  return { offset: u64At(offset, `${where}.offset`), size: u64At(size, `${where}.size`) }
}

/** The mode that the region and all its areas share; one of them that says otherwise is refused (S3). */
function oneMode(areas: readonly unknown[], whole: CacheMode | undefined): CacheMode | undefined {
  let mode = whole
  for (const [at, area] of areas.entries()) {
    const where = `object.sparse[${at}].cacheMode`
    const own = objectAt(area, `object.sparse[${at}]`).cacheMode
    if (own === undefined) continue
    const said = modeAt(own, where)
    mode ??= said
    if (said !== mode) refuseType(where, `${mode}, as all areas of a region share one mode (S3)`, said)
  }
  return mode
}
