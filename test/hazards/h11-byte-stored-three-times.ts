import { modelled } from './copier.ts'
import { doorbell } from './guests/doorbell.ts'
import { flag } from './guests/flag.ts'
import type { Hazard } from './hazard.ts'
import { arm } from './models/arm.ts'
import { OURS, STORES } from './ours.ts'

const ours = [...OURS, ...STORES]

export const h11: Hazard = {
  id: 'H11',
  slug: 'h11-byte-stored-three-times',
  title: 'One byte is stored three times',
  cases: [
    { bad: modelled("Arm's memcpy of 1 byte", arm), scenario: doorbell(1), ours },
    { bad: modelled("Arm's memcpy of 1 byte", arm), scenario: flag(1), ours },
    { bad: modelled("Arm's memcpy of 4 bytes", arm), scenario: doorbell(4), ours },
  ],
  picture: {
    bad: "Arm's memcpy of 1 byte",
    ours: 'guestmem',
    caption: 'dst[0], dst[n >> 1] and dst[n - 1] are one byte. Behind it is a doorbell register.',
    harm: 'last',
  },
}
