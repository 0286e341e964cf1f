import { HOST_PROFILES, MemTxResult } from 'guestmem'
import { modelled } from './copier.ts'
import { word } from './guests/word.ts'
import type { Hazard } from './hazard.ts'
import { alignFirst } from './models/align-first.ts'
import { board, LANES, stores } from './ours.ts'

const packed = word({
  name: 'a 32-bit counter at an odd address, which the guest wrote in one access',
  field: 'counter',
  length: 4,
  before: 0x0000_ffffn,
  after: 0x0001_0000n,
  place: { dst: 0x1001, src: 0x200 },
  // All within one cache line: across two, no CPU shows an access at once.
  places: [1, 2, 3, 5, 21, 59].map(skew => ({ dst: 0x1000 + skew, src: 0x200 })),
})

/** An unaligned atomic access does not exist, so only host order has it in one. */
const inOne = ['16-byte kernels', '8-byte kernels'].map(name => stores(name, board(LANES[name] ?? {})))

function refused(): string | undefined {
  const { memory, bytes } = board({ host: HOST_PROFILES.unknown, unaligned: 'refuse' })
  memory.store32(0x1001, 0xffff_ffff)
  const touched = bytes.subarray(0x1000, 0x1008).some(byte => byte !== 0)
  if (memory.result !== MemTxResult.DECODE_ERROR) return `the result was ${memory.result}`
  return touched ? 'a part of it was stored' : undefined
}

export const h03: Hazard = {
  id: 'H3',
  slug: 'h03-align-first',
  title: 'An unaligned access is made as several aligned ones',
  cases: [{ bad: modelled('a copy that aligns first', alignFirst), scenario: packed, ours: inOne }],
  claims: [{ name: 'S6: where the host has none, it is refused if the user says so, whole', check: refused }],
  picture: {
    bad: 'align first',
    ours: 'guestmem store32',
    caption: 'The guest stores a 32-bit counter at an odd address in one access; 0x0000ffff becomes 0x00010000.',
    harm: 'before',
  },
}
