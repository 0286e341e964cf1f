import { AARCH64_DEVICE, PPC64_INHIBITED } from './bus-rules.ts'
import { modelled } from './copier.ts'
import { AARCH64, devices, firstProblem, PPC64, SKEWS } from './devices.ts'
import { bar } from './guests/bar.ts'
import type { Hazard } from './hazard.ts'
import { arm } from './models/arm.ts'
import { glibc } from './models/glibc.ts'
import { reads, writes } from './ours.ts'
import type { Scenario } from './scenario.ts'

const noncached = devices(writes, AARCH64, 'noncached')

function lengths(way: 'to' | 'from'): Scenario[] {
  return Array.from({ length: 40 }, (_, i) => bar(AARCH64_DEVICE, 1 + i, SKEWS, way))
}

export const h06: Hazard = {
  id: 'H6',
  slug: 'h06-fault-on-uncached',
  title: 'Unaligned and vector accesses to uncached memory fault',
  cases: [
    { bad: modelled("Arm's memcpy of 15 bytes", arm), scenario: bar(AARCH64_DEVICE, 15, SKEWS), ours: noncached },
    {
      bad: modelled("Arm's memcpy of 15 bytes", arm),
      scenario: bar(AARCH64_DEVICE, 15, SKEWS, 'from'),
      ours: devices(reads, AARCH64, 'noncached'),
    },
    {
      bad: modelled('a memcpy with vectors', glibc),
      scenario: bar(PPC64_INHIBITED, 20, SKEWS),
      ours: devices(writes, PPC64, 'noncached'),
    },
  ],
  claims: [
    {
      name: 'no length at any alignment faults, on noncached and device mappings alike',
      check: () =>
        firstProblem([...noncached, ...devices(writes, AARCH64, 'device')], lengths('to')) ??
        firstProblem(devices(reads, AARCH64, 'device'), lengths('from')),
    },
  ],
  picture: {
    bad: "Arm's memcpy of 15 bytes",
    ours: 'guestmem, cacheMode noncached',
    caption: 'The BAR is Device memory to the host. The tail overlaps, so it is not aligned: an Alignment fault.',
    harm: 'last',
  },
}
