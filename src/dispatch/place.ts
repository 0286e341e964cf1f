import type { BlockMemory, RamBlock } from '../ram/ram-block.ts'
import { backingAt } from '../region/backing.ts'
import { type DirectAccess, type Route, route } from '../request/route.ts'
import type { FlatRange, FlatView } from '../view/flat-view.ts'

/** The way of a request to a flat range; `ram` is its memory's, undefined where it has none. */
export function rangeRoute(
  range: FlatRange | undefined,
  ram: BlockMemory | undefined,
  policy: DirectAccess,
  write: boolean,
  strict: boolean,
): Route {
  if (range === undefined || ram === undefined) return 'ops'
  const { region } = range
  // A region's own flag makes RAM a ROM; one that it is shown through does not (RULES E2).
  const memory = range.rom ? 'rom' : region.kind === 'rom' ? 'ram' : region.kind
  const kind = region.kind === 'romDevice' ? (range.romd ? region.kind : 'io') : memory
  return route({ kind, cacheMode: region.cacheMode, write, strict, host: ram.host, policy })
}

/**
 * Where an access goes, for who only wants to know: a section of the same place holds what an access needs, and to make
 * it allocates sparse RAM.
 */
export interface Place {
  /** Undefined where nothing is mapped, and where an IOMMU faults. */
  readonly range: FlatRange | undefined
  /** In the range's region, bytes; where there is none, the address that is not translated any further (RULES D3). */
  readonly offset: number
  /** Bytes of the request that are translated alike: to the end of an IOMMU's block (RULES K2). */
  readonly length: number
  /** Bytes to the end of the range, or of its part in one RAM block. */
  readonly left: number
  /** Pieces that begin before so many bytes go the same way: none of the ranges on the way ends before, nor a block. */
  readonly alike: number
  /** Of memory: the block, and the offset in the region at which it begins, bytes. */
  readonly block: RamBlock | undefined
  readonly blockStart: number
  /** Of the space that it was found in. */
  readonly policy: DirectAccess
}

/**
 * What a view shows at an address.
 *
 * @param length As the place has it.
 * @param alike Bytes, of the ranges on the way there.
 */
export function placeIn(view: FlatView, policy: DirectAccess, address: number, length: number, alike: number): Place {
  const range = view.find(address)
  if (range === undefined) return nowhere(address, length)
  const { region, start, end } = range
  const offset = range.offset + (address - start)
  let left = end - address
  let block: RamBlock | undefined
  let blockStart = 0
  if (region.block !== undefined) {
    const backing = backingAt(region.backing, offset)
    block = backing.block
    blockStart = backing.start
    left = Math.min(left, blockStart + block.size - offset)
  }
  return { range, offset, length, left, alike: Math.min(alike, length, left), block, blockStart, policy }
}

/** Nothing is mapped at an address, or it can't be translated. */
export function nowhere(address: number, length: number): Place {
  return {
    range: undefined,
    offset: address,
    length,
    left: Number.POSITIVE_INFINITY,
    alike: 0,
    block: undefined,
    blockStart: 0,
    policy: 'by-mapping',
  }
}
