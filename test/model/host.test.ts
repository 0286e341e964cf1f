import { describe, expect, test } from 'vitest'
import { profileOf } from '../../src/host/detect.ts'
import type { HostName } from '../../src/host/host-access.ts'
import { HOST_PROFILES, type HostProfile } from '../../src/host/profile.ts'
import { resolveOptions } from '../../src/ram/guest-ram-options.ts'
import type { KernelTier } from '../../src/ram/kernels/kernel.ts'
import { KERNEL_COPIES, SCRIPT_COPIES } from './copies.ts'
import { CPUS } from './cpus.ts'
import { broken } from './guests.ts'
import { MODELS, type ModelName } from './models.ts'
import { byCpu } from './tearing.ts'

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
