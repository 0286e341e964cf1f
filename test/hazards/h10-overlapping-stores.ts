import { modelled } from './copier.ts'
import { e1000 } from './guests/e1000.ts'
import type { Hazard } from './hazard.ts'
import { arm } from './models/arm.ts'
import { glibc, glibcInHalves } from './models/glibc.ts'

export const h10: Hazard = {
  id: 'H10',
  slug: 'h10-overlapping-stores',
  title: 'Overlapping stores write a byte twice',
  cases: [
    { bad: modelled('glibc memcpy', glibc), scenario: e1000(20) },
    { bad: modelled('glibc memcpy', glibc), scenario: e1000(16) },
    { bad: modelled('glibc memcpy, a vector seen as two halves', glibcInHalves), scenario: e1000(16) },
    { bad: modelled("Arm's memcpy", arm), scenario: e1000(20) },
  ],
  picture: {
    bad: 'glibc memcpy of 20 bytes',
    ours: 'guestmem',
    caption: 'The second store puts the done bit back that the driver has just cleared: the packet is taken twice.',
    harm: 'after',
  },
}
