import { modelled } from './copier.ts'
import { doorbell } from './guests/doorbell.ts'
import { word } from './guests/word.ts'
import type { Hazard } from './hazard.ts'
import { glibc } from './models/glibc.ts'
import { dataViewCold, oneAccess } from './models/v8.ts'
import { explore, type Scenario } from './scenario.ts'

/** How many entries a virtio device has used: le16 idx of the used ring (VIRTIO 1.2, 2.7.8). The carry is what tears. */
export const usedIndex: Scenario = word({
  name: 'the index of a virtio used ring',
  field: 'idx',
  length: 2,
  before: 0x01ffn,
  after: 0x0200n,
  place: { dst: 0x1002, src: 0x200 },
  places: [0, 1].map(other => ({ dst: 0x1002, src: 0x200 + other })),
})

const bell = doorbell(4)

export const h01: Hazard = {
  id: 'H1',
  slug: 'h01-same-line-two-accesses',
  title: 'One source line, two kinds of access',
  cases: [
    { bad: modelled("DataView.setUint16 in V8's interpreter", dataViewCold), scenario: usedIndex },
    { bad: modelled('memcpy(reg, &value, 4) as a call of glibc', glibc), scenario: bell },
  ],
  claims: [
    {
      name: 'the same lines are sound when the compiler makes one access of them, so a test of that build shows nothing',
      check: () =>
        [usedIndex, bell].flatMap(s => explore(modelled('one access', oneAccess), s)).find(({ problem }) => problem)
          ?.problem,
    },
  ],
  picture: {
    bad: 'DataView.setUint16, not yet optimised',
    ours: 'guestmem',
    caption: 'A virtio used index goes from 0x01ff to 0x0200. Optimised, the same line is one store.',
    harm: 'before',
  },
}
