import { checkInteger, checkOneOf, checkOptions } from '../check.ts'
import { detectHost } from '../host/detect.ts'
import { checkHostProfile, type HostProfile } from '../host/profile.ts'
import type { UnalignedPolicy } from './access/cells.ts'
import type { ScratchPolicy } from './copy/lane.ts'
import { canShare } from './memory-tables.ts'

/** How this thread accesses the guest RAM. Each option may be left out, or undefined. */
export interface GuestRamOptions {
  /**
   * Whether other threads can have the bytes. `auto`, the default: `allocate` makes shared memory where threads can share
   * it, and private memory elsewhere, as on a page that is not isolated. What `wrap` is given is what it is.
   */
  readonly shared?: boolean | 'auto' | undefined
  /**
   * The tier of order. `host`: plain stores, ascending; ordered for an observer only where the CPU keeps stores in
   * order. `language`: atomic stores, ordered on every host by the ECMAScript and WebAssembly memory models for
   * whoever loads atomically (docs/ORDERING.md). `auto`, the default: `host` where the profile knows that the CPU
   * keeps stores in order, else `language`.
   */
  readonly order?: 'auto' | 'host' | 'language' | undefined
  /**
   * `wasm`: the kernels, or a TypeError. `script`: plain script. `auto`, the default: kernels where there are any. Private
   * memory is copied by the engine, whatever this says.
   */
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
  'shared',
  'order',
  'lane',
  'host',
  'unaligned',
  'scratchLimit',
  'beyondScratch',
]

export interface RamSettings {
  readonly shared: boolean
  readonly order: 'host' | 'language'
  readonly lane: 'auto' | 'wasm' | 'script'
  readonly host: HostProfile
  readonly unaligned: UnalignedPolicy
  readonly scratch: ScratchPolicy
}

/** @param isShared Of memory that is there already. */
export function resolveOptions(given: GuestRamOptions = {}, isShared?: boolean): RamSettings {
  const options = checkOptions<GuestRamOptions>(given, GUEST_RAM_OPTIONS)
  const order = checkOneOf(options.order ?? 'auto', ['auto', 'host', 'language'] as const, 'options.order')
  const host = options.host === undefined ? detectHost() : checkHostProfile(options.host, 'options.host')
  const wish = checkOneOf(options.shared ?? 'auto', ['auto', true, false] as const, 'options.shared')
  const shared = wish === 'auto' ? (isShared ?? canShare()) : wish
  if (shared !== (isShared ?? shared))
    throw new TypeError(`options.shared is ${wish}, but the memory is ${isShared ? 'shared' : 'private'}`)
  if (isShared === undefined && wish === true && !canShare())
    throw new TypeError(
      'options.shared is true, but threads can share no memory here: a page must be isolated for that',
    )
  const limit = options.scratchLimit ?? Number.MAX_SAFE_INTEGER
  return {
    shared,
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
