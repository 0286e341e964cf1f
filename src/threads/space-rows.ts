import {
  type AddressSpace,
  type FlatRange,
  type IoEventfd,
  type MemoryRegionSection,
  MemTxAttrs,
  type RamBlock,
} from 'guestmem'
import { type MapRow, NONVOLATILE, NOTIFIER, POSTED, RAM, READONLY, ROM, ROMD } from './map-row.ts'

/** Where members find the bytes of a block: the index of its guest RAM, undefined where they have none of it. */
export type RamIndex = (block: RamBlock) => number | undefined

/** A part of a device whose stores need not be waited for, where the device accepts them. */
export interface PostedRange {
  readonly address: number
  readonly length: number
  /** The sizes that it accepts: a set, in which each is its own bit. */
  readonly sizes: number
  /** It accepts them at any offset; else at multiples of the size. */
  readonly unaligned: boolean
  /** What to add to an address for the offset in the region, modulo 8. */
  readonly skew: number
}

/** Undefined where a member can't know what the device accepts. To wait for each store is right, too. */
export function postedRange(
  { region, start, offset }: MemoryRegionSection,
  address: number,
  length: number,
): PostedRange | undefined {
  const { access } = region
  // A ROM device may have a row of memory there.
  if (region.kind === 'romDevice' || access === undefined || access.asks) return undefined
  const accepts = (at: number) => (size: number) => access.accepts(at, size, true, MemTxAttrs.UNSPECIFIED)
  const sizes = SIZES.filter(accepts(0)).reduce((set, size) => set | size, 0)
  return { address, length, sizes, unaligned: SIZES.slice(1).some(accepts(1)), skew: modulo(offset - start, 8) }
}

const SIZES = [1, 2, 4, 8] as const

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by
}

/** The memory of a space that members touch themselves: normal memory, and ROM devices while they are read directly. */
export function memoryRows(space: AddressSpace, indexOf: RamIndex): MapRow[] {
  return space.view.ranges.flatMap(range => {
    const { region, offset, start, end } = range
    if (region.cacheMode !== 'normal' || (region.kind === 'romDevice' && !range.romd)) return []
    return region.backing.flatMap(({ block, start: at }): MapRow[] => {
      // Where the range shows the block's first byte, or would.
      const first = start + at - offset
      const [from, to] = [Math.max(start, first), Math.min(end, first + block.size)]
      const ram = from < to ? indexOf(block) : undefined
      if (ram === undefined) return []
      const bits = (range.dirtyLogMask << 8) | flagsOf(range)
      return [[from, to, kindOf(range), bits, ram, block.offset, block.size - 1, from - first]]
    })
  })
}

function kindOf({ region, rom }: FlatRange): number {
  return region.kind === 'romDevice' ? ROMD : rom ? ROM : RAM
}

function flagsOf({ readonly, rom, nonvolatile }: FlatRange): number {
  return (readonly && !rom ? READONLY : 0) | (nonvolatile ? NONVOLATILE : 0)
}

/** Parts of one device may overlap, or touch: members have each address in one row. */
export function postedRows(ranges: readonly PostedRange[]): MapRow[] {
  const merged: PostedRange[] = []
  for (const range of [...ranges].sort((a, b) => a.address - b.address)) {
    const last = merged.at(-1)
    const end = last === undefined ? -1 : last.address + last.length
    const isAlike =
      last?.sizes === range.sizes &&
      last.unaligned === range.unaligned &&
      last.skew === range.skew &&
      range.address <= end
    if (last !== undefined && isAlike)
      merged[merged.length - 1] = { ...last, length: Math.max(end, range.address + range.length) - last.address }
    else merged.push(range)
  }
  return merged.map(({ address, length, sizes, unaligned, skew }) => {
    return [address, address + length, POSTED, sizes, unaligned ? 1 : 0, skew, 0, 0]
  })
}

/**
 * The stores that event notifiers take for certain: of a size that the device accepts whatever its handlers say, and of a
 * value that is the same in the device's byte order and in the space's. What is not among them reaches its notifier by
 * way of the owner.
 *
 * @param idOf The id of a notifier; undefined where there is room for no more.
 */
export function notifierRows(
  space: AddressSpace,
  eventfds: readonly IoEventfd[],
  idOf: (notify: IoEventfd['notify']) => number | undefined,
): MapRow[] {
  /** Addresses of notifiers that have no id: those behind them in the order of RULES H2 must not be asked before them. */
  const left = new Set<number>()
  return eventfds.flatMap(({ address, size, data, notify }) => {
    const range = space.view.find(address)
    const access = range?.region.access
    if (range === undefined || access === undefined || access.asks) return []
    const offset = range.offset + (address - range.start)
    const isAsIs = access.endianness === 'native' || access.endianness === space.endian || size === 1
    if (size !== 0 && data !== undefined && !isAsIs) return []
    const id = left.has(address) ? undefined : idOf(notify)
    if (id === undefined) {
      left.add(address)
      return []
    }
    const hasData = size !== 0 && data !== undefined
    const [low, high] = hasData ? [Number(data & 0xffff_ffffn), Number(data >> 32n)] : [0, 0]
    const sizes = size === 0 ? SIZES : [size]
    return sizes
      .filter(each => access.accepts(offset, each, true, MemTxAttrs.UNSPECIFIED) && address + each <= range.end)
      .map((each): MapRow => [address, address, NOTIFIER, id, each, hasData ? 1 : 0, low, high])
  })
}
