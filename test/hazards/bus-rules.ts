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
