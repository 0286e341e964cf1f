import { checkInteger, checkOneOf, checkOptions } from '../check.ts'
import { detectHost } from '../host/detect.ts'
import { checkHostProfile, type HostProfile } from '../host/profile.ts'
import type { UnalignedPolicy } from './access/cells.ts'
import type { ScratchPolicy } from './copy/lane.ts'

/** How this thread accesses the guest RAM. Each option may be left out, or undefined. */
export interface GuestRamOptions {
  /**
   * The tier of order. `host`: plain stores, ascending; ordered for an observer only where the CPU keeps stores in
   * order. `language`: atomic stores, ordered on every host by the ECMAScript and WebAssembly memory models for
   * whoever loads atomically (docs/ORDERING.md). `auto`, the default: `host` where the profile knows that the CPU
   * keeps stores in order, else `language`.
   */
  readonly order?: 'auto' | 'host' | 'language' | undefined
  /** `wasm`: the kernels, or a TypeError. `script`: plain script. `auto`, the default: kernels where there are any. */
  readonly lane?: 'auto' | 'wasm' | 'script' | undefined
  /** The CPU, where it can't be detected rightly, or where another CPU's rules are to be tried. */
  readonly host?: HostProfile | undefined
  /** What an unaligned access does where the host can't make it in one (S6); `split` unless said. */
  readonly unaligned?: UnalignedPolicy | undefined
  /** The most scratch that an overlapping move may take, bytes; no limit unless said (H13). */
  readonly scratchLimit?: number | undefined
  /** What a move over the limit does: `refuse` (a RangeError before it starts) unless said, or `backwards`. */
  readonly beyondScratch?: 'refuse' | 'backwards' | undefined
}

export const GUEST_RAM_OPTIONS: readonly (keyof GuestRamOptions)[] = [
  'order',
  'lane',
  'host',
  'unaligned',
  'scratchLimit',
  'beyondScratch',
]

export interface RamSettings {
  readonly order: 'host' | 'language'
  readonly lane: 'auto' | 'wasm' | 'script'
  readonly host: HostProfile
  readonly unaligned: UnalignedPolicy
  readonly scratch: ScratchPolicy
}

export function resolveOptions(given: GuestRamOptions = {}): RamSettings {
  const options = checkOptions<GuestRamOptions>(given, GUEST_RAM_OPTIONS)
  const order = checkOneOf(options.order ?? 'auto', ['auto', 'host', 'language'] as const, 'options.order')
  const host = options.host === undefined ? detectHost() : checkHostProfile(options.host, 'options.host')
  const limit = options.scratchLimit ?? Number.MAX_SAFE_INTEGER
  return {
    order: order === 'auto' ? (host.keepsStoreOrder ? 'host' : 'language') : order,
    lane: checkOneOf(options.lane ?? 'auto', ['auto', 'wasm', 'script'] as const, 'options.lane'),
    host,
    unaligned: checkOneOf(options.unaligned ?? 'split', ['split', 'refuse'] as const, 'options.unaligned'),
    scratch: {
      limit: checkInteger(limit, 'options.scratchLimit', 0, Number.MAX_SAFE_INTEGER),
      beyond: checkOneOf(options.beyondScratch ?? 'refuse', ['refuse', 'backwards'] as const, 'options.beyondScratch'),
    },
  }
}
