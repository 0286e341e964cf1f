import { checkAddress, checkBoolean, checkFunction, checkInteger, checkOneOf, checkOptions, show } from '../check.ts'
import { forgetFastPaths } from '../ram/dirty/fast-paths.ts'
import { MemoryRegion } from '../region/memory-region.ts'
import { AddressSpace } from '../space/address-space.ts'
import { SetTap, type Tap } from './set-tap.ts'
import type { TapAccess, TapCallback } from './tap-access.ts'
import { addTap, removeTap } from './tapped-map.ts'

/** A range of addresses of a space, or of offsets in a region. */
export interface TapRange {
  /** Bytes. */
  readonly start: number
  /** Bytes, 1 or more. */
  readonly length: number
}

/** Which accesses a tap is told of. Where none of the first four is true, it is told of all. */
export interface TapOptions {
  /** Single accesses that read; that write; that fetch an instruction. An atomic access reads and writes. */
  readonly reads?: boolean | undefined
  readonly writes?: boolean | undefined
  readonly fetches?: boolean | undefined
  /** Requests of any length, whatever their direction. */
  readonly dma?: boolean | undefined
  /** Whether it is told before an access or after it; `after` unless said. */
  readonly when?: 'before' | 'after' | undefined
  /** Asked of each access that the tap would be told of: false leaves it out. */
  readonly condition?: ((access: TapAccess) => boolean) | undefined
  /** So many accesses at first are counted and not told. */
  readonly ignore?: number | undefined
  /** Once it was told so many times it is removed. */
  readonly limit?: number | undefined
}

const KEYS = ['reads', 'writes', 'fetches', 'dma', 'when', 'condition', 'ignore', 'limit'] as const

/**
 * Has a callback told of accesses: to a range of addresses of a space, or to a range of a region, in whatever spaces of this
 * thread show it, also later. What is tapped takes the long way; all else costs what it always does, and so does all once the
 * tap is removed. Guest RAM that is tapped is not lent to devices: a DMA window there is a bounce buffer.
 *
 * A single access is told where any byte of it is in the range; of a request, its part. An access that a space splits at a
 * seam is told byte by byte. Of memory that two ranges show, each is told as the space shows it. What nothing takes is told, too,
 * and so is what goes through a MemoryRegionCache, a bounce buffer, or a WebAssembly CPU's page table that were made before.
 * Not told are debug accesses, what `writeRom` writes, and what goes past spaces: a DMA window on memory itself that was lent
 * before, views of RAM blocks, other threads (docs/TRACE.md).
 *
 * @param target A space; or a region that answers accesses itself, and is no container and no alias.
 * @param range All of it where it is undefined.
 * @throws TypeError or RangeError naming the argument.
 */
export function tap(
  target: AddressSpace | MemoryRegion,
  range: TapRange | undefined,
  options: TapOptions | undefined,
  callback: TapCallback,
): Tap {
  if (!(target instanceof AddressSpace || target instanceof MemoryRegion))
    throw new TypeError(`target must be an AddressSpace or a MemoryRegion, got ${show(target)}`)
  const isRegion = target instanceof MemoryRegion
  if (isRegion && (target.kind === 'container' || target.kind === 'alias'))
    throw new TypeError(
      `target must answer accesses itself: tap the regions that ${target.kind} ${show(target.name)} shows`,
    )
  const [start, end] = range === undefined ? [0, Number.MAX_SAFE_INTEGER] : endsOf(range)
  const given = checkOptions<TapOptions>(options ?? {}, KEYS)
  const { when = 'after', condition, ignore = 0, limit = Number.MAX_SAFE_INTEGER } = given
  const flag = (key: 'reads' | 'writes' | 'fetches' | 'dma') => checkBoolean(given[key] ?? false, `options.${key}`)
  const chosen = [flag('reads'), flag('writes'), flag('fetches'), flag('dma')] as const
  const [reads, writes, fetches, dma] = chosen.includes(true) ? chosen : ([true, true, true, true] as const)
  checkOneOf(when, ['before', 'after'] as const, 'options.when')
  if (condition !== undefined) checkFunction(condition, 'options.condition')
  checkInteger(ignore, 'options.ignore', 0, Number.MAX_SAFE_INTEGER)
  checkInteger(limit, 'options.limit', 1, Number.MAX_SAFE_INTEGER)
  checkFunction(callback, 'callback')
  const set: SetTap = new SetTap(
    { target, start, end, reads, writes, fetches, dma, before: when === 'before', condition, ignore, limit, callback },
    () => {
      removeTap(set)
      forgetFastPaths()
    },
  )
  addTap(set)
  forgetFastPaths()
  return set
}

function endsOf(range: TapRange): [start: number, end: number] {
  const { start, length } = checkOptions<TapRange>(range, ['start', 'length'], 'range')
  const from = checkAddress(start, 'range.start')
  return [from, from + checkInteger(length, 'range.length', 1, Number.MAX_SAFE_INTEGER - from)]
}
