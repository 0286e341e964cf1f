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
  readonly sparse: readonly VfioArea[] | undefined
  readonly type: { readonly type: number; readonly subtype: number } | undefined
  readonly msixMappable: boolean
  readonly cacheMode: CacheMode | undefined
}

export const NO_CAPABILITIES: Capabilities = {
  sparse: undefined,
  type: undefined,
  msixMappable: false,
  cacheMode: undefined,
}

/** A chain that is being read. */
interface Reading {
  readonly reader: StructReader
  readonly end: number
  readonly found: { -readonly [Key in keyof Capabilities]: Capabilities[Key] }
  readonly skip: (skipped: VfioSkipped) => void
  /** Of each id that was read, what it says: a second capability of that id must not say otherwise. */
  readonly said: Map<number, string>
}

/**
 * Reads the capabilities of a chain, in time that grows with its bytes: no two of them share bytes, which is checked
 * before what is in them is read.
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
  const reading: Reading = { reader, end, found: { ...NO_CAPABILITIES }, skip, said: new Map() }
  checkExtents(
    chain,
    chain.map(capability => sizeOf(reading, capability, cacheModeId)),
  )
  let unreadSparse = false
  for (const capability of chain) {
    const { id, version } = capability
    if (!isKnown(id, cacheModeId)) skip({ id, version, reason: 'unknown capability' })
    else if (version === VERSION) readOne(reading, capability)
    else {
      skip({ id, version, reason: `unknown version, not ${VERSION}` })
      unreadSparse ||= id === SPARSE_MMAP
    }
  }
  // What may be mapped was said, and not understood: nothing may. To map all would be a guess.
  if (unreadSparse) reading.found.sparse ??= []
  return reading.found
}

function isKnown(id: number, cacheModeId: number | undefined): boolean {
  return (id <= LAST_ASSIGNED && id !== 0) || id === cacheModeId
}

/** How many bytes a capability has, its header included; of one that is not read, its header alone. */
function sizeOf(reading: Reading, capability: Capability, cacheModeId: number | undefined): number {
  const { id, version, start, where } = capability
  if (!isKnown(id, cacheModeId) || version !== VERSION || id === MSIX_MAPPABLE) return HEADER_SIZE
  // All others have two u32 at least.
  checkRoom(reading, capability, 8)
  if (id !== SPARSE_MMAP) return HEADER_SIZE + 8
  const count = areaCount(reading, capability)
  const most = Math.floor((reading.end - start - HEADER_SIZE - 8) / AREA_SIZE)
  if (count > most) refuseRange(`${where}.nr_areas`, `at most ${most}, the areas within argsz`, count)
  return HEADER_SIZE + 8 + count * AREA_SIZE
}

/** Reads a capability whose size was checked. */
function readOne(reading: Reading, capability: Capability): void {
  switch (capability.id) {
    case SPARSE_MMAP:
      readSparse(reading, capability)
      break
    case TYPE:
      readType(reading, capability)
      break
    case MSIX_MAPPABLE:
      if (isNew(reading, capability, '')) reading.found.msixMappable = true
      break
    default:
      readCacheMode(reading, capability)
  }
}

function areaCount({ reader }: Reading, { start }: Capability): number {
  return reader.u32(start + HEADER_SIZE)
}

/** u32 nr_areas, u32 reserved, { u64 offset, u64 size } areas[nr_areas]. */
function readSparse(reading: Reading, capability: Capability): void {
  const { reader } = reading
  const first = capability.start + HEADER_SIZE + 8
  const areas = Array.from({ length: areaCount(reading, capability) }, (_, index): VfioArea => {
    const at = first + index * AREA_SIZE
    return { offset: reader.u64(at), size: reader.u64(at + 8) }
  })
  if (isNew(reading, capability, areas.map(({ offset, size }) => `${offset}+${size}`).join()))
    reading.found.sparse ??= areas
}

/** u32 type, u32 subtype. */
function readType(reading: Reading, capability: Capability): void {
  const type = reading.reader.u32(capability.start + HEADER_SIZE)
  const subtype = reading.reader.u32(capability.start + HEADER_SIZE + 4)
  if (isNew(reading, capability, `${type}, ${subtype}`)) reading.found.type = { type, subtype }
}

/**
 * The proposal names the capability and not yet its layout. Taken here: u32 mode, u32 reserved, the modes numbered from
 * 0 in the order of the kernel's pgprot_normal, writecombine, noncached, device.
 */
function readCacheMode(reading: Reading, capability: Capability): void {
  const { id, version } = capability
  const mode = reading.reader.u32(capability.start + HEADER_SIZE)
  const known = CACHE_MODES[mode]
  if (!isNew(reading, capability, `mode ${mode} (${known ?? 'unknown'})`)) return
  if (known !== undefined) reading.found.cacheMode = known
  else reading.skip({ id, version, reason: `unknown mode ${mode}: taken as none, so noncached` })
}

function checkRoom({ end }: Reading, { where, start }: Capability, body: number): void {
  if (start + HEADER_SIZE + body > end)
    refuseRange(where, `at most at ${end - HEADER_SIZE - body}, to end within argsz`, start)
}

/** Whether it is the first of its id. One that says the same again is skipped, one that says otherwise refused. */
function isNew({ said, skip }: Reading, { where, id, version }: Capability, values: string): boolean {
  const before = said.get(id)
  said.set(id, values)
  if (before === undefined) return true
  if (before !== values) refuseType(where, `what an earlier capability ${id} says: ${before || 'no areas'}`, values)
  skip({ id, version, reason: 'repeats an earlier capability' })
  return false
}
