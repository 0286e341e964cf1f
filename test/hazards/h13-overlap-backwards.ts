import { modelled } from './copier.ts'
import { mailbox } from './guests/mailbox.ts'
import type { Hazard } from './hazard.ts'
import { ascending, memmove } from './models/memmove.ts'
import { MOVES } from './ours.ts'

const SRC = 0x1000

/** Up by less than half the length the kernels keep a ring, by half or more the part that both ranges share. */
function headroom(length: number, distance: number) {
  const skews = [0, 1, 6].map(skew => ({ dst: SRC + skew + distance, src: SRC + skew }))
  const name = `a message of ${length} bytes moved up by ${distance}`
  return mailbox(name, length, { dst: SRC + distance, src: SRC }, skews)
}

export const h13: Hazard = {
  id: 'H13',
  slug: 'h13-overlap-backwards',
  title: 'Overlapping ranges are copied backwards',
  cases: [
    { bad: modelled('memmove', memmove), scenario: headroom(24, 16), ours: MOVES },
    { bad: modelled('memmove', memmove), scenario: headroom(24, 8), ours: MOVES },
    { bad: modelled('memmove', memmove), scenario: headroom(21, 3), ours: MOVES },
    { bad: modelled('an ascending copy that keeps nothing aside', ascending), scenario: headroom(24, 8), ours: MOVES },
  ],
  picture: {
    bad: 'memmove, up by 16 bytes',
    ours: 'guestmem ramMove',
    caption: 'A message of 24 bytes is moved up by 16. The driver polls its last byte in the new place.',
    harm: 'before',
  },
}
