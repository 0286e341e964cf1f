import type { MemoryRegion } from 'guestmem'
import { exactly } from './exact.ts'

/** The type that `info mtree` prints for a region: of an alias, its final target's (RULES A5). */
export function typeWord(region: MemoryRegion): string {
  return (region.nonvolatile ? 'nv-' : '') + ownWord(region)
}

/** Of a flat range. */
export interface SeenThrough {
  readonly region: MemoryRegion
  readonly readonly: boolean
  readonly nonvolatile: boolean
}

/** The type that `info mtree -f` prints for a range: what is seen through something readonly is a ROM (RULES A5). */
export function rangeTypeWord({ region, readonly, nonvolatile }: SeenThrough): string {
  return (nonvolatile ? 'nv-' : '') + (readonly ? 'rom' : ownWord(region))
}

function ownWord(region: MemoryRegion): string {
  const { alias, region: stoodFor } = exactly(region)
  if (stoodFor !== undefined) return ownWord(stoodFor)
  if (alias !== undefined) return ownWord(alias.target)
  if (region.kind === 'ramDevice') return 'ramd'
  if (region.kind === 'romDevice') return region.romdMode ? 'romd' : 'i/o'
  if (region.kind !== 'ram' && region.kind !== 'rom') return 'i/o'
  return region.readonly ? 'rom' : 'ram'
}
