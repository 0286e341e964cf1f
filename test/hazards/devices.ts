import { type CacheMode, type GuestRamOptions, HOST_PROFILES, type HostProfile } from 'guestmem'
import type { Copier } from './copier.ts'
import { type Board, board } from './ours.ts'
import { explore, type Scenario } from './scenario.ts'

/** guestmem on a host, with a ram device whose mapping it was told: all lanes and tiers of order. */
export function devices(
  make: (name: string, board: Board) => Copier,
  host: HostProfile,
  cacheMode: CacheMode,
): readonly Copier[] {
  const tiers: GuestRamOptions[] = [
    { lane: 'wasm', order: 'language' },
    { lane: 'wasm', order: 'host' },
    { lane: 'script', order: 'language' },
    { lane: 'script', order: 'host' },
  ]
  return tiers.map(options =>
    make(`${host.name}, ${cacheMode}, ${options.lane}, ${options.order} order`, board({ ...options, host }, cacheMode)),
  )
}

/** Of all copiers, places and lengths, the first that goes wrong. */
export function firstProblem(copiers: readonly Copier[], scenarios: readonly Scenario[]): string | undefined {
  for (const copier of copiers)
    for (const scenario of scenarios)
      for (const place of scenario.places ?? [scenario.place]) {
        const bad = explore(copier, scenario, place).find(({ problem }) => problem !== undefined)
        if (bad !== undefined) return `${copier.name}: ${scenario.name} at ${place.dst}: ${bad.problem}`
      }
  return undefined
}

export const X86: HostProfile = HOST_PROFILES['x86-64']
export const AARCH64: HostProfile = HOST_PROFILES.aarch64
export const PPC64: HostProfile = HOST_PROFILES.ppc64

export const SKEWS: readonly number[] = Array.from({ length: 16 }, (_, skew) => skew)
