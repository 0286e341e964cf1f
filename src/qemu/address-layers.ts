import type { MemoryRegion } from 'guestmem'
import { rangeTypeWord } from './type-word.ts'
import { mayLieAt, wideRegionOf } from './wide-region.ts'
import { rootAddress } from './wide-view.ts'

/** A region on the way from the root of a space to what lies at an address. */
export interface AddressStep {
  readonly region: MemoryRegion
  /** The address of its first byte, bytes; below zero where an alias begins further in. */
  readonly start: bigint
  /** How one gets there from the step before. */
  readonly by: 'root' | 'subregion' | 'alias'
}

/** A region that lies at an address, whether it is seen there or hidden by another one. */
export interface AddressLayer {
  readonly region: MemoryRegion
  /** The offset in the region of the address, bytes. */
  readonly offset: bigint
  /** The type as `info mtree -f` prints it: also what it is shown through may make it a ROM. */
  readonly type: string
  /** The first address, bytes, at which it would be seen if nothing hid it. */
  readonly start: bigint
  /** The address behind the last, bytes; at most 2^64. */
  readonly end: bigint
  /** From the root of the space to the region itself, subregion by subregion, and alias by alias. */
  readonly path: readonly AddressStep[]
}

/** How one gets to a region; those on the way are in the ones before. */
interface Way {
  readonly step: AddressStep
  readonly before: Way | undefined
}

/** A region to be looked at, in a window of addresses; or one whose subregions were, and which comes below them. */
interface Place {
  readonly way: Way
  readonly start: bigint
  readonly end: bigint
  readonly readonly: boolean
  readonly nonvolatile: boolean
  readonly enabled: boolean
  readonly below: boolean
}

const ADDRESS_END = 2n ** 64n

/** The most subregions that are looked at: aliases of aliases could have it look for ever. */
const MOST_LOOKS = 2 ** 20

/**
 * All regions that lie at an address, those that win first (RULES B1, C4). One that lies there in several ways at the same
 * offset is listed once, by the way that wins.
 *
 * @returns Also those that would lie there if they, or what they are in, were not disabled.
 * @throws RangeError where aliases of aliases would make it too long a work.
 */
export function addressLayers(
  root: MemoryRegion,
  address: bigint,
): { readonly layers: AddressLayer[]; readonly disabled: AddressLayer[] } {
  const layers: AddressLayer[] = []
  const disabled: AddressLayer[] = []
  const seen = { enabled: new Places(), disabled: new Places() }
  const step: AddressStep = { region: root, start: rootAddress(root), by: 'root' }
  const flags = { readonly: false, nonvolatile: false, enabled: true, below: false }
  const ahead: Place[] = [{ way: { step, before: undefined }, start: 0n, end: ADDRESS_END, ...flags }]
  let looks = 0
  for (let place = ahead.pop(); place !== undefined; place = ahead.pop()) {
    const { region, start: origin } = place.way.step
    const enabled = place.enabled && region.enabled
    if (place.below) {
      ;(enabled ? layers : disabled).push(layerOf(place, address))
      continue
    }
    const { size, alias, standsFor } = wideRegionOf(region)
    if (standsFor !== undefined) {
      const { by } = place.way.step
      ahead.push({ ...place, way: { step: { region: standsFor, start: origin, by }, before: place.way.before } })
      continue
    }
    const start = greater(origin, place.start)
    const end = least(origin + size, place.end)
    if (address < start || address >= end) continue
    if (seen.enabled.has(region, origin) || (!enabled && seen.disabled.has(region, origin))) continue
    seen[enabled ? 'enabled' : 'disabled'].add(region, origin)
    const inner = {
      start,
      end,
      readonly: place.readonly || region.readonly,
      nonvolatile: place.nonvolatile || region.nonvolatile,
      enabled,
      below: false,
    }
    const through = (next: MemoryRegion, first: bigint, by: AddressStep['by']): Place => ({
      ...inner,
      way: { step: { region: next, start: first, by }, before: place.way },
    })
    if (alias !== undefined) {
      ahead.push(through(alias.target, origin - alias.offset, 'alias'))
      continue
    }
    if (region.kind !== 'container') ahead.push({ ...inner, way: place.way, below: true })
    const { subregions } = region
    looks += subregions.length + 1
    if (looks > MOST_LOOKS)
      throw new RangeError(
        `what lies at an address must be found in ${MOST_LOOKS} steps: the tree of ` +
          `${JSON.stringify(root.name.slice(0, 80))} has too many aliases of aliases`,
      )
    // Ascending: the one that wins is put last, and looked at first.
    const offset = Number(address - origin)
    for (const subregion of subregions)
      if (mayLieAt(subregion, offset))
        ahead.push(through(subregion, origin + wideRegionOf(subregion).address, 'subregion'))
  }
  return { layers, disabled }
}

// Math.min takes no bigint.
const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)
const greater = (a: bigint, b: bigint): bigint => (a > b ? a : b)

function layerOf(place: Place, address: bigint): AddressLayer {
  const { region, start: origin } = place.way.step
  const { start, end, readonly, nonvolatile } = place
  const path: AddressStep[] = []
  for (let way: Way | undefined = place.way; way !== undefined; way = way.before) path.unshift(way.step)
  const type = rangeTypeWord({ region, readonly, nonvolatile })
  return { region, offset: address - origin, type, start, end, path }
}

/** Regions, each with the addresses that its first byte was met at. */
class Places {
  readonly #origins = new Map<MemoryRegion, Set<bigint>>()

  has(region: MemoryRegion, origin: bigint): boolean {
    return this.#origins.get(region)?.has(origin) ?? false
  }

  add(region: MemoryRegion, origin: bigint): void {
    const known = this.#origins.get(region)
    if (known === undefined) this.#origins.set(region, new Set([origin]))
    else known.add(origin)
  }
}
