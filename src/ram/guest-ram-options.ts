import { checkInteger, checkKeys, checkObject, checkOneOf } from '../check.ts'
import { detectHost } from '../host/detect.ts'
import { checkHostProfile, type HostProfile } from '../host/profile.ts'
import type { UnalignedPolicy } from './access/cells.ts'
import type { ScratchPolicy } from './copy/lane.ts'

/** How guest RAM is served in this thread. All of it may be left out. */
export interface GuestRamOptions {
  /**
   * The tier of order. `host`: plain stores, ascending; ordered for an observer only where the CPU keeps stores in
   * order. `language`: atomic stores, ordered on every host by the ECMAScript and WebAssembly memory models for whoever
   * loads atomically (docs/ORDERING.md). `auto`, the default: `host` where the profile knows that the CPU keeps stores in
   * order, else `language`.
   */
  readonly order?: 'auto' | 'host' | 'language'
  /** `wasm`: the kernels, or a TypeError. `script`: plain script. `auto`, the default: kernels where there are any. */
  readonly lane?: 'auto' | 'wasm' | 'script'
  /** The CPU, where detection is not to be trusted, or another's rules are to be tried. */
  readonly host?: HostProfile
  /** What an unaligned access does where the host can't make it in one (S6); `split` unless said. */
  readonly unaligned?: UnalignedPolicy
  /** The most scratch that an overlapping move may take, bytes; no limit unless said (H13). */
  readonly scratchLimit?: number
  /** What a move over the limit does: `refuse` (a RangeError before it starts) unless said, or `backwards`. */
  readonly beyondScratch?: 'refuse' | 'backwards'
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

export function resolveOptions(options: GuestRamOptions = {}): RamSettings {
  checkKeys(checkObject(options, 'options'), GUEST_RAM_OPTIONS, 'options')
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
