import { refuseRange } from './fields.ts'
import type { StructReader } from './struct-reader.ts'

/** sizeof(struct vfio_region_info): what comes before the first capability. */
export const FIXED_SIZE = 32
/** sizeof(struct vfio_info_cap_header): u16 id, u16 version, u32 next. */
export const HEADER_SIZE = 8

export interface Capability {
  /** Names it, for errors. */
  readonly where: string
  readonly id: number
  readonly version: number
  /** Of its header, bytes from the start of the struct. */
  readonly start: number
}

/**
 * Follows the chain of capabilities. A link that leads nowhere is refused, and with it the description: what was meant to
 * follow may have been the list of what can be mapped.
 *
 * @param first cap_offset
 * @param end argsz: the bytes that the kernel wrote
 */
export function walkChain(reader: StructReader, first: number, end: number): Capability[] {
  const chain: Capability[] = []
  const starts = new Set<number>()
  let link = 'bytes.cap_offset'
  for (let start = first; start !== 0; ) {
    if (start < FIXED_SIZE || start + HEADER_SIZE > end)
      refuseRange(link, `from ${FIXED_SIZE} to ${end - HEADER_SIZE}, behind the struct and within argsz`, start)
    // Every field of a capability is naturally aligned; a C driver relies on it.
    if (start % 4 !== 0) refuseRange(link, 'a multiple of 4', start)
    if (starts.has(start)) refuseRange(link, 'no earlier capability: the chain loops', start)
    starts.add(start)
    const where = `bytes.capabilities[${chain.length}]`
    chain.push({ where, id: reader.u16(start), version: reader.u16(start + 2), start })
    link = `${where}.next`
    start = reader.u32(start + 4)
  }
  return chain
}

/** Refuses capabilities that share bytes. @param sizes How many bytes each of `chain` has, header included. */
export function checkExtents(chain: readonly Capability[], sizes: readonly number[]): void {
  const extents = chain.map(({ where, start }, index) => ({ where, start, end: start + (sizes[index] as number) }))
  extents.sort((a, b) => a.start - b.start)
  for (const [at, { where, start }] of extents.entries()) {
    const before = extents[at - 1]
    if (before !== undefined && start < before.end) refuseRange(where, `outside ${before.where}`, start)
  }
}
