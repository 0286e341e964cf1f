import { GuestRam } from '../../src/ram/guest-ram.ts'
import { transferContract } from './transfers.ts'

for (const lane of ['wasm', 'script'] as const)
  for (const order of ['host', 'language'] as const)
    transferContract(`the ${lane} lane in ${order} order`, (bytes, options) =>
      GuestRam.allocate(bytes, { lane, order, ...options }),
    )

transferContract('the script lane on a wrapped buffer', (bytes, options) =>
  GuestRam.wrap(new SharedArrayBuffer(bytes), { order: 'host', ...options }),
)
