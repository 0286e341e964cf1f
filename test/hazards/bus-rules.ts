import type { CacheMode, HostName } from 'guestmem'
import type { Access } from '../order/access-log.ts'

/** What a mapping bears. Written down here once more, from the manuals, and not taken from the table under test. */
export interface BusRules {
  readonly name: string
  readonly unaligned: boolean
  readonly vectors: boolean
}

/** Arm ARM DDI 0487, B2, on Device memory: an unaligned access is an Alignment fault, and 128 bits count as two accesses. */
export const AARCH64_DEVICE: BusRules = { name: 'aarch64 Device memory', unaligned: false, vectors: false }
/** The same manual on Normal memory, cacheable or not: both are allowed. KVM maps a guest's BARs so (H7). */
export const AARCH64_NORMAL_NC: BusRules = { name: 'aarch64 Normal Non-cacheable', unaligned: true, vectors: true }
/** Power ISA Book III, "Alignment Interrupt": either may cause one in Caching Inhibited storage. */
export const PPC64_INHIBITED: BusRules = { name: 'ppc64 Caching Inhibited', unaligned: false, vectors: false }
/** Intel SDM vol. 3A, "Memory Cache Control": no memory type forbids either. */
export const X86_UNCACHED: BusRules = { name: 'x86-64 UC', unaligned: true, vectors: true }

/** What the bus answers to an access; undefined if it takes it. */
export function faultOf({ unaligned, vectors }: BusRules, { kind, address, width }: Access): string | undefined {
  if (width > 8 && !vectors) return `a vector ${kind} of ${width} bytes faults`
  if (address % width !== 0 && !unaligned) return `an unaligned ${kind} of ${width} bytes faults`
  return undefined
}

/**
 * Cacheable memory. On no CPU does an access fault there for good: where the CPU has no unaligned access, or no vectors,
 * an engine makes several of one, or the system does.
 */
export const CACHEABLE: BusRules = { name: 'cacheable memory', unaligned: true, vectors: true }
/** Of the other CPUs, from their manuals or for want of a promise: naturally aligned accesses of up to 8 bytes, no more. */
const NATURAL_ONLY: BusRules = { name: 'memory that bears natural accesses only', unaligned: false, vectors: false }
const natural = { normal: CACHEABLE, writecombine: NATURAL_ONLY, noncached: NATURAL_ONLY, device: NATURAL_ONLY }

/** What each mapping of each host bears: Linux' pgprot_normal, writecombine, noncached and device there. */
export const HOST_BUS: Readonly<Record<HostName, Readonly<Record<CacheMode, BusRules>>>> = {
  'x86-64': { normal: CACHEABLE, writecombine: X86_UNCACHED, noncached: X86_UNCACHED, device: X86_UNCACHED },
  aarch64: {
    normal: CACHEABLE,
    writecombine: AARCH64_NORMAL_NC,
    noncached: AARCH64_DEVICE,
    device: AARCH64_DEVICE,
  },
  ppc64: {
    normal: CACHEABLE,
    writecombine: PPC64_INHIBITED,
    noncached: PPC64_INHIBITED,
    device: PPC64_INHIBITED,
  },
  riscv64: natural,
  s390x: natural,
  sparc64: natural,
  mips64: natural,
  unknown: natural,
}

/** CPUs that may lack an unaligned access of 2, 4 or 8 bytes even in cacheable memory (their manuals, as in the table). */
export const NEVER_UNALIGNED: readonly HostName[] = ['riscv64', 'sparc64', 'mips64', 'unknown']
