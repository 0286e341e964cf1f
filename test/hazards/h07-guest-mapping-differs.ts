import { MemTxResult } from 'guestmem'
import { AARCH64_DEVICE, AARCH64_NORMAL_NC, faultOf, PPC64_INHIBITED } from './bus-rules.ts'
import { modelled } from './copier.ts'
import { AARCH64, devices, SKEWS } from './devices.ts'
import { bar } from './guests/bar.ts'
import type { Hazard } from './hazard.ts'
import { oneAccess } from './models/v8.ts'
import { board, stores, writes } from './ours.ts'

const store = { kind: 'store', address: 0x1003, width: 8 } as const

function guestMay(): string | undefined {
  const own = faultOf(AARCH64_NORMAL_NC, store)
  if (own !== undefined) return own
  return faultOf(PPC64_INHIBITED, store) === undefined ? 'a guest of power8 may do it too' : undefined
}

function refused(): string | undefined {
  const { memory, bytes } = board({ host: AARCH64, unaligned: 'refuse' }, 'noncached')
  memory.store64(store.address, 0xffff_ffff_ffff_ffffn)
  if (memory.result !== MemTxResult.DECODE_ERROR) return `the result was ${memory.result}`
  return bytes.every(byte => byte === 0) ? undefined : 'a part of it was stored'
}

export const h07: Hazard = {
  id: 'H7',
  slug: 'h07-guest-mapping-differs',
  title: 'The guest may do to a BAR what the host may not',
  cases: [
    {
      bad: modelled('the access replayed as the guest made it', oneAccess),
      scenario: bar(AARCH64_DEVICE, 8, [3, ...SKEWS]),
      ours: devices(stores, AARCH64, 'noncached'),
    },
    {
      bad: modelled("the guest's vector replayed", oneAccess),
      scenario: bar(AARCH64_DEVICE, 16, SKEWS),
      ours: devices(writes, AARCH64, 'noncached'),
    },
  ],
  claims: [
    { name: "the guest's own mapping allows it on arm64, and not on power8", check: guestMay },
    { name: 'S6: it is refused whole if the user says so, and never made in part', check: refused },
  ],
  picture: {
    bad: 'replayed as the guest made it',
    ours: 'guestmem, cacheMode noncached',
    caption:
      "8 bytes at BAR + 3: the guest's mapping (Normal Non-cacheable) allows them, the host's (Device) does not.",
    harm: 'last',
  },
}
