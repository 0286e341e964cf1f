import { modelled } from './copier.ts'
import { latch } from './guests/latch.ts'
import { usedIndex } from './h01-same-line-two-accesses.ts'
import type { Hazard } from './hazard.ts'
import { relaxedMemcpy } from './models/v8.ts'
import { OURS, STORES } from './ours.ts'

export const h02: Hazard = {
  id: 'H2',
  slug: 'h02-split-access',
  title: 'A copy of variable length splits an access into bytes',
  cases: [
    { bad: modelled('Uint8Array.set of 4 bytes', relaxedMemcpy), scenario: latch, ours: [...OURS, ...STORES] },
    { bad: modelled('Uint8Array.set of 2 bytes', relaxedMemcpy), scenario: usedIndex, ours: [...OURS, ...STORES] },
  ],
  picture: {
    bad: 'Uint8Array.set of 4 aligned bytes',
    ours: 'guestmem',
    caption: "A device's 32-bit register latches on each write: 0x12345678 is meant.",
    harm: 'before',
  },
}
