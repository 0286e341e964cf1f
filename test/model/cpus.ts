import type { HostName } from '../../src/host/host-access.ts'
import type { ModelName } from './models.ts'

/** The weakest that a CPU of this name may be, and what some or most of them are where that is stronger. */
export interface CpuModel {
  readonly weakest: ModelName
  readonly often?: ModelName
}

export const CPUS: Readonly<Record<HostName, CpuModel>> = {
  // Intel SDM vol. 3A "Memory Ordering"; AMD64 APM vol. 2 "Memory System", for write-back memory.
  'x86-64': { weakest: 'tso' },
  // z/Architecture Principles of Operation, chapter 5, "Storage-Operand Consistency": only a fetch may come before an
  // earlier store.
  s390x: { weakest: 'tso' },
  // Arm ARM chapter B2. Apple's CPUs can switch a total store order on, for emulated x86 code.
  aarch64: { weakest: 'weak', often: 'tso' },
  // Power ISA Book II, chapter "Storage Model".
  ppc64: { weakest: 'weak' },
  // RISC-V ISA manual vol. I, "RVWMO"; Ztso is an extension.
  riscv64: { weakest: 'weak', often: 'tso' },
  // The SPARC Architecture Manual, Version 9, "Memory Models": PSTATE.MM selects TSO, PSO or RMO; PSO reorders stores
  // too. Linux selects TSO.
  sparc64: { weakest: 'weak', often: 'tso' },
  // MIPS Architecture for Programmers, vol. II-A, SYNC: what is not ordered by it need not be in order.
  mips64: { weakest: 'weak' },
  unknown: { weakest: 'weak', often: 'tso' },
}
