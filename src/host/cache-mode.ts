import { checkOneOf } from '../check.ts'

/**
 * How a directly accessible region is mapped on the host (S1): the kernel's `pgprot_normal`, `pgprot_writecombine`,
 * `pgprot_noncached` and `pgprot_device`. What each of them lets an access be is the host's business: see
 * `HostProfile.access`.
 */
export type CacheMode = 'normal' | 'writecombine' | 'noncached' | 'device'

/** The four cache modes (S1), from the one that allows most to the one that allows least. Frozen. */
export const CACHE_MODES: readonly CacheMode[] = /* @__PURE__ */ Object.freeze([
  'normal',
  'writecombine',
  'noncached',
  'device',
] as const)

/**
 * Returns `value` if it is a cache mode (S1). Any thread.
 *
 * @param argument name of the argument, for the error's text
 * @throws TypeError naming the argument and the bad value
 */
export function checkCacheMode(value: unknown, argument: string): CacheMode {
  return checkOneOf(value, CACHE_MODES, argument)
}

/** A row of something for each cache mode. */
export function byMode<T>(make: (mode: CacheMode) => T): Record<CacheMode, T> {
  return Object.fromEntries(CACHE_MODES.map(mode => [mode, make(mode)])) as Record<CacheMode, T>
}
