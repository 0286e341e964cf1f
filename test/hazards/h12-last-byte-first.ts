import { modelled } from './copier.ts'
import { mailbox } from './guests/mailbox.ts'
import type { Hazard } from './hazard.ts'
import { glibc } from './models/glibc.ts'

const skews = [0, 1, 4, 7].flatMap(skew => [0, 3].map(other => ({ dst: 0x1000 + skew, src: 0x200 + other })))
const short = mailbox('a message of 12 bytes, status last', 12, { dst: 0x1000, src: 0x200 }, skews)
const long = mailbox('a message of 56 bytes, status last', 56, { dst: 0x1000, src: 0x200 }, skews)

export const h12: Hazard = {
  id: 'H12',
  slug: 'h12-last-byte-first',
  title: 'The last byte is stored before the rest',
  cases: [
    { bad: modelled('glibc memcpy', glibc), scenario: short },
    { bad: modelled('glibc memcpy', glibc), scenario: long },
  ],
  picture: {
    bad: 'glibc memcpy of 12 bytes',
    ours: 'guestmem',
    caption: 'The driver polls the last byte, as PCI lets it, and reads the message.',
    harm: 'before',
  },
}
