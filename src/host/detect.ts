import { type HostProbe, probeHost } from './environment.ts'
import { HOST_PROFILES, type HostProfile, rowProfile } from './profile.ts'

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

/**
 * The profile that a probe's answer selects. Any thread. Without AVX aligned accesses are promised at once up to a
 * quadword only: Intel SDM vol. 3A, "Guaranteed Atomic Operations"; AMD64 APM vol. 2, "Access Atomicity".
 */
export function profileOf({ name, avx }: HostProbe): HostProfile {
  return name === 'x86-64' && !avx ? rowProfile(name, 8) : HOST_PROFILES[name]
}
