import { CACHE_MODES, type CacheMode } from 'guestmem'
import { usableAreas } from './areas.ts'
import {
  arrayAt,
  type Fields,
  fieldsAt,
  flagAt,
  integerAt,
  itemOf,
  oneOf,
  pageSizeAt,
  refuseRange,
  refuseType,
  u64At,
} from './fields.ts'
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
  readonly pageSize?: number | undefined
  /** The only areas that can be mapped; all of the region unless said. */
  readonly sparse?: readonly VfioAreaObject[] | undefined
  readonly type?: { readonly type: number; readonly subtype: number } | undefined
  readonly msixMappable?: boolean | undefined
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
  const given = fieldsAt(object, 'object', KEYS)
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
  const areas = areasAt(given.sparse)
  const cacheMode = oneMode(areas, whole)
  let sparse = usableAreas(areas.map(areaOf), 'object.sparse', size, pageSize, skip)
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
  const { type, subtype } = fieldsAt(value, 'object.type', ['type', 'subtype'])
  return {
    type: integerAt(type, 'object.type.type', 0, U32_MAX),
    subtype: integerAt(subtype, 'object.type.subtype', 0, U32_MAX),
  }
}

/** The fields of each area, in turn: the first that is wrong ends it, however long the array says it is. */
function areasAt(value: unknown): readonly Fields[] {
  const list = arrayAt(value, 'object.sparse')
  const areas: Fields[] = []
  for (let at = 0; at < list.length; at++)
    areas.push(fieldsAt(itemOf(list, at), `object.sparse[${at}]`, ['offset', 'size', 'cacheMode']))
  return areas
}

function areaOf({ offset, size }: Fields, at: number): VfioArea {
  const where = `object.sparse[${at}]`
  return { offset: u64At(offset, `${where}.offset`), size: u64At(size, `${where}.size`) }
}

/** The mode that the region and all its areas share; one of them that says otherwise is refused (S3). */
function oneMode(areas: readonly Fields[], whole: CacheMode | undefined): CacheMode | undefined {
  let mode = whole
  for (const [at, area] of areas.entries()) {
    const where = `object.sparse[${at}].cacheMode`
    if (area.cacheMode === undefined) continue
    const said = modeAt(area.cacheMode, where)
    mode ??= said
    if (said !== mode) refuseType(where, `${mode}, as all areas of a region share one mode (S3)`, said)
  }
  return mode
}
