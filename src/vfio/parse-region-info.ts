import { usableAreas } from './areas.ts'
import { type Capabilities, LAST_ASSIGNED, NO_CAPABILITIES, readCapabilities } from './capabilities.ts'
import { FIXED_SIZE, walkChain } from './capability-chain.ts'
import { integerAt, oneOf, optionsAt, pageSizeAt, refuseRange, refuseType } from './fields.ts'
import {
  sealReport,
  VFIO_REGION_INFO_FLAG_CAPS,
  VFIO_REGION_INFO_FLAG_MMAP,
  type VfioRegionInfo,
  type VfioRegionReport,
  type VfioSkipped,
} from './region-info.ts'
import { StructReader } from './struct-reader.ts'

/** What the bytes don't say of the host that wrote them. */
export interface RegionInfoOptions {
  /** The host's byte order; `little` unless said. */
  readonly endian?: 'little' | 'big' | undefined
  /** The host's page, bytes, a power of two from 4096 to 2^30; 4096 unless said. */
  readonly pageSize?: number | undefined
  /**
   * The id of the proposed VFIO_REGION_INFO_CAP_MMAP_CACHE_MODE, 4 to 65535: the kernel has not given it one. Without,
   * no capability is taken for it, and the mode is not reported (S3).
   */
  readonly cacheModeCapability?: number | undefined
}

const OPTIONS = ['endian', 'pageSize', 'cacheModeCapability'] as const
const MAX_ID = 0xffff
const FILE_END = 2n ** 64n

/**
 * How many bytes VFIO_DEVICE_GET_REGION_INFO needs for a region: its `argsz`. Where it is more than were given, ask
 * again with a buffer of that size; the capabilities are not in this one.
 *
 * @param bytes 32 at least: struct vfio_region_info.
 * @param endian The host's byte order.
 */
export function regionInfoSize(bytes: Uint8Array, endian: 'little' | 'big' = 'little'): number {
  return new StructReader(checkFixed(bytes), oneOf(endian, ['little', 'big'] as const, 'endian')).u32(0)
}

/**
 * Reads struct vfio_region_info with its chain of capabilities, as VFIO_DEVICE_GET_REGION_INFO left them in a buffer.
 * What can't be used is skipped, and `skipped` says why; what contradicts itself is refused (docs/VFIO.md has the table).
 *
 * @throws TypeError or RangeError naming the field and its value.
 */
export function parseRegionInfo(bytes: Uint8Array, options?: RegionInfoOptions): VfioRegionReport {
  const given = optionsAt(options, OPTIONS)
  const endian = oneOf(given.endian ?? 'little', ['little', 'big'] as const, 'options.endian')
  const pageSize = pageSizeAt(given.pageSize ?? 4096, 'options.pageSize')
  const cacheModeId =
    given.cacheModeCapability === undefined
      ? undefined
      : integerAt(given.cacheModeCapability, 'options.cacheModeCapability', LAST_ASSIGNED + 1, MAX_ID)

  // A copy, once: what is checked is what is read, also of memory that another thread writes to.
  const copy = checkFixed(bytes)
  const reader = new StructReader(copy, endian)
  const argsz = reader.u32(0)
  if (argsz < FIXED_SIZE) refuseRange('bytes.argsz', `at least ${FIXED_SIZE}`, argsz)
  if (argsz > copy.length)
    refuseRange('bytes.argsz', `at most the ${copy.length} bytes given: ask again with as many as it says`, argsz)
  const flags = reader.u32(4)
  const size = reader.u64(16)
  const offset = reader.u64(24)
  if (offset + size > FILE_END) refuseRange('bytes.size', `at most 2^64 - offset, ${FILE_END - offset}`, size)

  const skipped: VfioSkipped[] = []
  const skip = (one: VfioSkipped) => void skipped.push(one)
  let found: Capabilities = NO_CAPABILITIES
  if ((flags & VFIO_REGION_INFO_FLAG_CAPS) !== 0) {
    const first = reader.u32(12)
    // The kernel leaves it 0 where the buffer was too small for the chain, and argsz then says so.
    if (first === 0) refuseRange('bytes.cap_offset', 'set, as flags say that there are capabilities', first)
    found = readCapabilities(reader, walkChain(reader, first, argsz), argsz, cacheModeId, skip)
  }
  let { sparse } = found
  if (sparse !== undefined) {
    sparse = usableAreas(sparse, 'bytes.areas', size, pageSize, skip)
    if (sparse.length > 0 && (flags & VFIO_REGION_INFO_FLAG_MMAP) === 0) {
      for (const area of sparse) skip({ area, reason: 'flags say that the region can not be mapped' })
      sparse = []
    }
  }
  const info: VfioRegionInfo = {
    index: reader.u32(8),
    flags,
    size,
    offset,
    pageSize,
    sparse,
    type: found.type,
    msixMappable: found.msixMappable,
    cacheMode: found.cacheMode,
  }
  return sealReport(info, skipped)
}

/** The bytes of a Uint8Array of any realm, copied: as many as there are, whatever a subclass says of its length. */
function checkFixed(bytes: unknown): Uint8Array {
  const copy = copyOf(bytes)
  return copy.length >= FIXED_SIZE ? copy : refuseRange('bytes.length', `at least ${FIXED_SIZE}`, copy.length)
}

function copyOf(bytes: unknown): Uint8Array {
  if (!ArrayBuffer.isView(bytes) || Object.prototype.toString.call(bytes) !== '[object Uint8Array]')
    return refuseType('bytes', 'a Uint8Array', bytes)
  try {
    return new Uint8Array(bytes as Uint8Array)
  } catch {
    return refuseType('bytes', 'a Uint8Array whose buffer is not detached, nor shrunk under it', bytes)
  }
}
