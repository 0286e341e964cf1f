import { describe, expect, test } from 'vitest'
import { profileOf } from '../../src/host/detect.ts'
import type { HostName } from '../../src/host/host-access.ts'
import { HOST_PROFILES, type HostProfile } from '../../src/host/profile.ts'
import { resolveOptions } from '../../src/ram/guest-ram-options.ts'
import type { KernelTier } from '../../src/ram/kernels/kernel.ts'
import { KERNEL_COPIES, SCRIPT_COPIES } from './copies.ts'
import { broken } from './guests.ts'
import { MODELS, type ModelName } from './models.ts'
import { byCpu } from './tearing.ts'

/** The weakest that a CPU of this name may be, and what some or most of them are where that is stronger. */
interface CpuModel {
  readonly weakest: ModelName
  readonly often?: ModelName
}

const CPUS: Readonly<Record<HostName, CpuModel>> = {
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

/** The tiers that GuestRam may take on a host, the one that it tries first in front. */
function tiersFor({ access: { normal } }: HostProfile, order: 'host' | 'language'): KernelTier[] {
  return order === 'language' ? ['language'] : normal.widest >= 16 && normal.vectors ? ['wide', 'narrow'] : ['narrow']
}

/** Most rows ask the same. */
const answers = new Map<string, boolean>()

function isRight(host: HostProfile, order: 'host' | 'language', model: ModelName): boolean {
  const { widest } = host.access.normal
  const tiers = tiersFor(host, order)
  const question = [tiers, model, widest].join()
  const known = answers.get(question)
  if (known !== undefined) return known
  const script = SCRIPT_COPIES[order === 'language' ? 'atomic' : 'plain']
  const writers = [...tiers.flatMap(tier => KERNEL_COPIES[tier]), ...script]
  const answer = broken(writers, MODELS[model], byCpu(widest)).length === 0
  answers.set(question, answer)
  return answer
}

const NAMES = Object.keys(HOST_PROFILES) as HostName[]
const PROFILES = [
  ...NAMES.map(name => ({ called: name as string, host: HOST_PROFILES[name] })),
  { called: 'x86-64 without AVX', host: profileOf({ name: 'x86-64', avx: false }) },
]

describe.each(PROFILES)('host profile $called', ({ host }) => {
  const { weakest } = CPUS[host.name]

  test('keepsStoreOrder says whether host order is right under the weakest that the CPU may be', () => {
    expect(host.keepsStoreOrder).toBe(isRight(host, 'host', weakest))
  })

  test('the order that auto takes is right', () => {
    expect(isRight(host, resolveOptions({ host }).order, weakest)).toBe(true)
  })
})

describe('rows that ask for more than such a CPU often needs: script can not see the mode in force', () => {
  test.each(NAMES.filter(name => CPUS[name].often !== undefined))('%s', name => {
    expect(HOST_PROFILES[name].keepsStoreOrder).toBe(false)
    expect(isRight(HOST_PROFILES[name], 'host', CPUS[name].often as ModelName)).toBe(true)
  })
})
