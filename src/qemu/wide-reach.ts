import type { MemoryRegion } from 'guestmem'
import { wideRegionOf } from './wide-region.ts'

/** A subregion, and its offset in its container, bytes. */
export interface WideSubregion {
  readonly subregion: MemoryRegion
  readonly address: bigint
}

/**
 * How far up regions show anything: most of a machine lies below 2^53, and need not be looked at to find what is above.
 * What is found out is kept; it holds as long as no region changes.
 */
export class WideReach {
  readonly #reach = new Map<MemoryRegion, bigint>()
  readonly #above = new Map<MemoryRegion, { readonly start: bigint; readonly above: readonly WideSubregion[] }>()

  /** An offset in the region from which on it shows nothing; bytes, and perhaps more than need be. */
  of(region: MemoryRegion): bigint {
    const known = this.#reach.get(region)
    if (known !== undefined) return known
    const entered = new Set<MemoryRegion>()
    const ahead = [region]
    for (let at = ahead.at(-1); at !== undefined; at = ahead.at(-1)) {
      if (!this.#reach.has(at) && !entered.has(at)) {
        entered.add(at)
        for (const shown of shownDirectly(at)) if (!this.#reach.has(shown) && !entered.has(shown)) ahead.push(shown)
      } else {
        if (!this.#reach.has(at)) this.#reach.set(at, this.#measure(at))
        ahead.pop()
      }
    }
    return this.#reach.get(region) ?? 0n
  }

  /**
   * The enabled subregions that show something at an offset or above, those that win last.
   *
   * @returns Also how many were looked at to find them: none where the answer was known.
   */
  subregionsAbove(container: MemoryRegion, start: bigint): { above: readonly WideSubregion[]; looks: number } {
    const known = this.#above.get(container)
    if (known?.start === start) return { above: known.above, looks: 0 }
    const above: WideSubregion[] = []
    const { subregions } = container
    for (const subregion of subregions) {
      if (!subregion.enabled) continue
      const { address } = wideRegionOf(subregion)
      if (address + this.of(subregion) > start) above.push({ subregion, address })
    }
    this.#above.set(container, { start, above })
    return { above, looks: subregions.length }
  }

  /** Of a region whose contents are measured. One that is in itself by way of an alias is taken to show all of its size. */
  #measure(region: MemoryRegion): bigint {
    const { size, alias, standsFor } = wideRegionOf(region)
    if (standsFor !== undefined) return this.#measured(standsFor)
    if (alias !== undefined) return within(this.#measured(alias.target) - alias.offset, size)
    if (region.kind !== 'container') return size
    let reach = 0n
    for (const subregion of region.subregions) {
      const end = wideRegionOf(subregion).address + this.#measured(subregion)
      if (end > reach) reach = end
    }
    return within(reach, size)
  }

  #measured(region: MemoryRegion): bigint {
    return this.#reach.get(region) ?? wideRegionOf(region).size
  }
}

function shownDirectly(region: MemoryRegion): readonly MemoryRegion[] {
  const { alias, standsFor } = wideRegionOf(region)
  if (standsFor !== undefined) return [standsFor]
  return alias === undefined ? region.subregions : [alias.target]
}

function within(reach: bigint, size: bigint): bigint {
  return reach < 0n ? 0n : reach < size ? reach : size
}
