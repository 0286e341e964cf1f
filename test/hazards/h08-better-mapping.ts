import { type CacheMode, type Route, type RouteQuery, route } from 'guestmem'
import { modelled } from './copier.ts'
import { AARCH64 } from './devices.ts'
import { word } from './guests/word.ts'
import type { Hazard } from './hazard.ts'
import { alignFirst } from './models/align-first.ts'
import { board, stores } from './ours.ts'

/** BAR4 of a GH100: 128 GiB of coherent memory, which nvgrace-gpu maps normal. Its CPU has FEAT_LSE2. */
const pointer = word({
  name: 'a pointer at an odd address of coherent GPU memory',
  field: '64-bit pointer',
  length: 8,
  before: 0x0000_0440_ffff_ff00n,
  after: 0x0000_0441_0000_0000n,
  place: { dst: 0x1005, src: 0x200 },
  places: [1, 3, 5, 6].map(skew => ({ dst: 0x1000 + skew, src: 0x200 })),
})

const told = board({ host: AARCH64, lane: 'wasm', order: 'host' }, 'normal')

function ask(cacheMode: CacheMode, more: Partial<RouteQuery>): Route {
  return route({
    kind: 'ramDevice',
    cacheMode,
    write: true,
    strict: true,
    host: AARCH64,
    policy: 'normal-only',
    ...more,
  })
}

/** The three BARs of the GH100, and what a block device's DMA may do to each. */
const ROUTES: readonly (readonly [CacheMode, Partial<RouteQuery>, Route])[] = [
  ['normal', {}, 'ordered'],
  ['normal', { strict: false }, 'bulk'],
  // Taken as noncached BAR4 is not direct: its DMA is bounced through 4096 bytes, which run out.
  ['noncached', {}, 'ops'],
  ['writecombine', { policy: 'normal-or-writecombine' }, 'ordered'],
  ['device', { policy: 'by-mapping' }, 'cells'],
]

function routes(): string | undefined {
  const wrong = ROUTES.find(([mode, more, way]) => ask(mode, more) !== way)
  return wrong && `${wrong[0]}, ${JSON.stringify(wrong[1])}: ${ask(wrong[0], wrong[1])}, not ${wrong[2]}`
}

export const h08: Hazard = {
  id: 'H8',
  slug: 'h08-better-mapping',
  title: 'A driver maps a BAR better than noncached',
  cases: [
    {
      bad: modelled('every BAR taken as noncached', alignFirst),
      scenario: pointer,
      ours: [stores('cacheMode normal', told)],
    },
  ],
  claims: [{ name: "a GH100's BARs: each gets what its mapping allows", check: routes }],
  picture: {
    bad: 'BAR taken as noncached',
    ours: 'guestmem, cacheMode normal',
    caption: 'A 64-bit pointer at an odd address in coherent GPU memory, which the GPU reads in one access.',
    harm: 'before',
  },
}
