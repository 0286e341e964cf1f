import { HOST_PROFILES, type Route, type RouteQuery, route } from 'guestmem'
import { AARCH64_DEVICE, AARCH64_NORMAL_NC, PPC64_INHIBITED } from './bus-rules.ts'
import { modelled } from './copier.ts'
import { AARCH64, devices, firstProblem, PPC64, SKEWS } from './devices.ts'
import { bar } from './guests/bar.ts'
import type { Hazard } from './hazard.ts'
import { arm } from './models/arm.ts'
import { reads, writes } from './ours.ts'

/** S3: without a report the mode is noncached. */
const UNKNOWN = 'noncached'

function safeWhateverItIs(): string | undefined {
  const truths = [AARCH64_DEVICE, AARCH64_NORMAL_NC, PPC64_INHIBITED]
  const lengths = [1, 7, 20, 33]
  const hosts = [AARCH64, PPC64]
  const all = (way: 'to' | 'from') => truths.flatMap(truth => lengths.map(length => bar(truth, length, SKEWS, way)))
  return (
    firstProblem(
      hosts.flatMap(host => devices(writes, host, UNKNOWN)),
      all('to'),
    ) ??
    firstProblem(
      hosts.flatMap(host => devices(reads, host, UNKNOWN)),
      all('from'),
    )
  )
}

function neverBulk(): string | undefined {
  for (const host of Object.values(HOST_PROFILES))
    for (const strict of [true, false])
      for (const policy of ['normal-only', 'normal-or-writecombine', 'by-mapping'] as const) {
        const query: RouteQuery = { kind: 'ramDevice', cacheMode: UNKNOWN, write: true, strict, host, policy }
        const way = route(query)
        const allowed: readonly Route[] = host.name === 'x86-64' ? ['cells', 'ops', 'ordered'] : ['cells', 'ops']
        if (!allowed.includes(way)) return `${host.name}, strict ${strict}, ${policy}: ${way}`
      }
  return undefined
}

export const h09: Hazard = {
  id: 'H9',
  slug: 'h09-unknown-mapping',
  title: 'The emulator does not know how a BAR is mapped',
  cases: [
    {
      bad: modelled('the BAR taken for RAM', arm),
      scenario: bar(AARCH64_DEVICE, 20, SKEWS.slice(2, 7)),
      ours: devices(writes, AARCH64, UNKNOWN),
    },
  ],
  claims: [
    { name: 'described as noncached, no access faults however it is mapped', check: safeWhateverItIs },
    { name: 'C: outside x86 it is neither bulk nor a kernel, on any host and by any policy', check: neverBulk },
  ],
  picture: {
    bad: 'the BAR taken for RAM',
    ours: 'guestmem, cacheMode noncached',
    caption: '20 bytes at BAR + 2. VFIO did not say how the BAR is mapped; it is Device memory.',
    harm: 'last',
  },
}
