import { CACHE_MODES } from './cache-mode.ts'
import { type HostProbe, probeHost } from './environment.ts'
import type { AccessWidth } from './host-access.ts'
import { HOST_PROFILES, type HostProfile, hostProfile } from './profile.ts'

let detected: HostProfile | undefined

/**
 * The profile of the CPU this thread runs on, as far as JavaScript can tell; 'unknown' where it can't. Any thread;
 * each asks once and keeps the answer. Never throws.
 *
 * An x86-64 without known AVX keeps its name and its store order, and has 8 for the widest access in every cache mode.
 */
export function detectHost(): HostProfile {
  detected ??= profileOf(probeHost())
  return detected
}

/** The profile that a probe's answer selects. Any thread. */
export function profileOf({ name, avx }: HostProbe): HostProfile {
  return name === 'x86-64' && !avx ? withoutAvx() : HOST_PROFILES[name]
}

/**
 * Without AVX aligned accesses are promised at once up to a quadword only: Intel SDM vol. 3A, "Guaranteed Atomic
 * Operations"; AMD64 APM vol. 2, "Access Atomicity".
 */
function withoutAvx(): HostProfile {
  const widest: AccessWidth = 8
  const access = Object.fromEntries(CACHE_MODES.map(mode => [mode, { widest }]))
  return hostProfile({ base: 'x86-64', access })
}
