import type { FlatRange, MemoryRegion } from 'guestmem'
import { type Layer, paint } from './paint.ts'
import { WideReach } from './wide-reach.ts'
import { wideRegionOf } from './wide-region.ts'

/** A flat range in QEMU's arithmetic. */
export interface WideRange {
  readonly start: bigint
  /** The address behind the last, bytes; at most 2^64. */
  readonly end: bigint
  readonly region: MemoryRegion
  /** The offset in the region at which the range begins, bytes. */
  readonly offset: bigint
  readonly readonly: boolean
  readonly nonvolatile: boolean
  /** Shown through an alias that begins at 2^53 or above in its target. */
  readonly far: boolean
  /** Is in, or is, a region that begins at 2^53 or above in its container, and is no part of our tree. */
  readonly outside: boolean
}

/** The first address that a number can't tell from its neighbours. */
export const NUMBER_LIMIT: bigint = 2n ** 53n
const ADDRESS_END = 2n ** 64n

/**
 * The most regions, the same one counted each time that it is shown, and the most subregions that a renderer looks at.
 * Aliases of aliases could have it look for ever.
 */
const MOST_LOOKS = 2 ** 20

/** Where a space shows its root: at 0, but for one that stands for a root that QEMU shows elsewhere. */
export function rootAddress(root: MemoryRegion): bigint {
  const { standsFor, address } = wideRegionOf(root)
  return standsFor === undefined ? 0n : address
}

/** True if a range that begins at 2^53 is what our range, which ends there, has above. */
export function continuesAbove(low: FlatRange, high: WideRange): boolean {
  return (
    BigInt(low.end) === high.start &&
    low.region === high.region &&
    BigInt(low.offset) + (high.start - BigInt(low.start)) === high.offset &&
    low.readonly === high.readonly &&
    low.nonvolatile === high.nonvolatile
  )
}

type Clip = Omit<WideRange, 'region' | 'offset'>

/** A region to be looked at, and where; or one that was, and whose subregions were gone through: it comes below them. */
interface Step extends Layer {
  readonly region: MemoryRegion
  /** The address of its first byte; below zero where an alias begins further in. */
  readonly origin: bigint
  readonly clip: Clip
  readonly below: boolean
}

/**
 * Renders what region trees show in QEMU's 64 bits, with what is no part of ours. To be dropped when a tree changes: what
 * is found out of a region is kept for all spaces that show it.
 */
export class WideRenderer {
  readonly #reach = new WideReach()
  #looks = 0

  /**
   * The ranges that a root shows from `start` on, in ascending order (RULES C4, C5).
   *
   * @throws RangeError where aliases of aliases would make it too long a work.
   */
  ranges(root: MemoryRegion, start: bigint = NUMBER_LIMIT): WideRange[] {
    return merge(paint(this.#layers(root, start)).map(({ layer, start, end }) => rangeOf(layer, start, end)))
  }

  /** All that is shown, in the order in which it wins. */
  #layers(root: MemoryRegion, first: bigint): Step[] {
    const layers: Step[] = []
    const gone = new Windows()
    const all = { start: first, end: ADDRESS_END, readonly: false, nonvolatile: false, far: false, outside: false }
    const ahead: Step[] = [{ region: root, origin: rootAddress(root), clip: all, below: false }]
    for (let step = ahead.pop(); step !== undefined; step = ahead.pop()) {
      this.#look(root, 1)
      if (step.below) layers.push(step)
      else this.#expand(step, root, ahead, gone)
    }
    return layers
  }

  #expand({ region, origin, clip: outer }: Step, root: MemoryRegion, ahead: Step[], gone: Windows): void {
    const { size, alias, standsFor } = wideRegionOf(region)
    if (standsFor !== undefined) {
      // The root that a space was given in place of another is no stand-in of this kind.
      const outside = outer.outside || region !== root
      ahead.push({ region: standsFor, origin, clip: { ...outer, outside }, below: false })
      return
    }
    const start = origin > outer.start ? origin : outer.start
    const end = least(origin + size, outer.end)
    if (!region.enabled || start >= end || origin + this.#reach.of(region) <= start) return
    // What it shows there was covered when it was shown there before.
    if (gone.covers(region, origin, start, end)) return
    const readonly = outer.readonly || region.readonly
    const nonvolatile = outer.nonvolatile || region.nonvolatile
    const far = outer.far || (alias !== undefined && alias.offset >= NUMBER_LIMIT)
    const clip = { start, end, readonly, nonvolatile, far, outside: outer.outside }
    if (alias !== undefined) {
      ahead.push({ region: alias.target, origin: origin - alias.offset, clip, below: false })
      return
    }
    if (region.kind !== 'container') ahead.push({ region, origin, clip, below: true })
    const { above, looks } = this.#reach.subregionsAbove(region, start - origin)
    this.#look(root, looks)
    // Ascending: the one that wins is put last, and looked at first.
    for (const { subregion, address } of above)
      ahead.push({ region: subregion, origin: origin + address, clip, below: false })
  }

  #look(root: MemoryRegion, times: number): void {
    this.#looks += times
    if (this.#looks > MOST_LOOKS)
      throw new RangeError(
        `what the root ${JSON.stringify(root.name.slice(0, 80))} shows at 2^53 and above must be found in ${MOST_LOOKS} ` +
          'steps: it has too many aliases of aliases',
      )
  }
}

/** Where regions were looked at: of each and each place, the addresses. */
class Windows {
  readonly #windows = new Map<MemoryRegion, Map<bigint, { start: bigint; end: bigint }>>()

  /** Whether it was looked at there, at all of these addresses; if not, it is from now on. */
  covers(region: MemoryRegion, origin: bigint, start: bigint, end: bigint): boolean {
    let places = this.#windows.get(region)
    if (places === undefined) {
      places = new Map()
      this.#windows.set(region, places)
    }
    const window = places.get(origin)
    if (window !== undefined && window.start <= start && window.end >= end) return true
    places.set(origin, { start, end })
    return false
  }
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)

function rangeOf({ region, origin, clip }: Step, start: bigint, end: bigint): WideRange {
  return { ...clip, start, end, region, offset: start - origin }
}

function merge(ranges: readonly WideRange[]): WideRange[] {
  const merged: WideRange[] = []
  for (const range of ranges) {
    const last = merged.at(-1)
    const goesOn =
      last !== undefined &&
      last.end === range.start &&
      last.region === range.region &&
      last.offset + (range.start - last.start) === range.offset &&
      last.readonly === range.readonly &&
      last.nonvolatile === range.nonvolatile
    if (goesOn) merged[merged.length - 1] = { ...last, end: range.end }
    else merged.push(range)
  }
  return merged
}
