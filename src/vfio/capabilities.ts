import { CACHE_MODES, type CacheMode } from 'guestmem'
import { type Capability, checkExtents, HEADER_SIZE } from './capability-chain.ts'
import { refuseRange, refuseType } from './fields.ts'
import type { VfioArea, VfioSkipped } from './region-info.ts'
import type { StructReader } from './struct-reader.ts'

const SPARSE_MMAP = 1
const TYPE = 2
const MSIX_MAPPABLE = 3
/** The last id that the kernel has given to a capability that is read here. */
export const LAST_ASSIGNED: number = MSIX_MAPPABLE
/** Of all capabilities that are read here; the kernel has no other. */
const VERSION = 1
const AREA_SIZE = 16

/** What the capabilities say; undefined what none says. */
export interface Capabilities {
  sparse?: readonly VfioArea[]
  type?: { readonly type: number; readonly subtype: number }
  msixMappable?: true
  cacheMode?: CacheMode
}

interface Reading {
  readonly reader: StructReader
  readonly end: number
  readonly found: Capabilities
  readonly skip: (skipped: VfioSkipped) => void
  /** Of each id that was read, the values: a second capability of that id must not say otherwise. */
  readonly said: Map<number, string>
}

/**
 * Reads the capabilities of a chain.
 *
 * @param end argsz
 * @param cacheModeId The id of the proposed VFIO_REGION_INFO_CAP_MMAP_CACHE_MODE, if any.
 */
export function readCapabilities(
  reader: StructReader,
  chain: readonly Capability[],
  end: number,
  cacheModeId: number | undefined,
  skip: (skipped: VfioSkipped) => void,
): Capabilities {
  const reading: Reading = { reader, end, found: {}, skip, said: new Map() }
  let unread = false
  const sizes = chain.map(capability => {
    const { id, version } = capability
    if (id > LAST_ASSIGNED || id === 0) {
      if (id !== cacheModeId) {
        skip({ id, version, reason: 'unknown capability' })
        return HEADER_SIZE
      }
    }
    if (version === VERSION) return readOne(reading, capability)
    skip({ id, version, reason: `unknown version, not ${VERSION}` })
    unread ||= id === SPARSE_MMAP
    return HEADER_SIZE
  })
  // What may be mapped was said, and not understood: nothing may. To map all would be a guess.
  if (unread) reading.found.sparse ??= []
  checkExtents(chain, sizes)
  return reading.found
}

/** Returns how many bytes the capability has. */
function readOne(reading: Reading, capability: Capability): number {
  switch (capability.id) {
    case SPARSE_MMAP:
      return readSparse(reading, capability)
    case TYPE:
      return readType(reading, capability)
    case MSIX_MAPPABLE:
      if (isNew(reading, capability, '')) reading.found.msixMappable = true
      return HEADER_SIZE
    default:
      return readCacheMode(reading, capability)
  }
}

/** u32 nr_areas, u32 reserved, { u64 offset, u64 size } areas[nr_areas]. */
function readSparse(reading: Reading, capability: Capability): number {
  const { reader, end } = reading
  checkRoom(reading, capability, 8)
  const first = capability.start + HEADER_SIZE + 8
  const count = reader.u32(capability.start + HEADER_SIZE)
  const most = Math.floor((end - first) / AREA_SIZE)
  if (count > most) refuseRange(`${capability.where}.nr_areas`, `at most ${most}, the areas within argsz`, count)
  const areas = Array.from({ length: count }, (_, index): VfioArea => {
    const at = first + index * AREA_SIZE
    return { offset: reader.u64(at), size: reader.u64(at + 8) }
  })
  if (isNew(reading, capability, areas.map(({ offset, size }) => `${offset}+${size}`).join()))
    reading.found.sparse ??= areas
  return HEADER_SIZE + 8 + count * AREA_SIZE
}

/** u32 type, u32 subtype. */
function readType(reading: Reading, capability: Capability): number {
  checkRoom(reading, capability, 8)
  const type = reading.reader.u32(capability.start + HEADER_SIZE)
  const subtype = reading.reader.u32(capability.start + HEADER_SIZE + 4)
  if (isNew(reading, capability, `${type}, ${subtype}`)) reading.found.type = { type, subtype }
  return HEADER_SIZE + 8
}

/**
 * The proposal names the capability and not yet its layout. Taken here: u32 mode, u32 reserved, the modes numbered from
 * 0 in the order of the kernel's pgprot_normal, writecombine, noncached, device.
 */
function readCacheMode(reading: Reading, capability: Capability): number {
  checkRoom(reading, capability, 8)
  const { id, version } = capability
  const mode = reading.reader.u32(capability.start + HEADER_SIZE)
  const known = CACHE_MODES[mode]
  if (isNew(reading, capability, `mode ${mode} (${known ?? 'unknown'})`)) {
    if (known !== undefined) reading.found.cacheMode = known
    else reading.skip({ id, version, reason: `unknown mode ${mode}: taken as none, so noncached` })
  }
  return HEADER_SIZE + 8
}

function checkRoom({ end }: Reading, { where, start }: Capability, body: number): void {
  if (start + HEADER_SIZE + body > end)
    refuseRange(where, `at most at ${end - HEADER_SIZE - body}, to end within argsz`, start)
}

/** The first of its id. One that says the same again is skipped, one that says otherwise refused. */
function isNew({ said, skip }: Reading, { where, id, version }: Capability, values: string): boolean {
  const before = said.get(id)
  said.set(id, values)
  if (before === undefined) return true
  if (before !== values) refuseType(where, `what an earlier capability ${id} says: ${before || 'no areas'}`, values)
  skip({ id, version, reason: 'repeats an earlier capability' })
  return false
}
