import fc from 'fast-check'
import type { Campaign } from '../../support/campaign.ts'
import { TlbMachine } from './tlb-machine.ts'

export const ACCESSES: readonly Campaign[] = [
  {
    name: 'after any change each load and store is what view.find and the bytes say, of all sizes, by all spaces',
    count: 60,
    property: fc.property(fc.integer(), fc.integer({ min: 1, max: 12 }), (seed, changes) => {
      const machine = new TlbMachine(seed)
      try {
        machine.access(600)
        for (let i = 0; i < changes; i++) {
          machine.change()
          machine.access(400)
        }
      } finally {
        machine.end()
      }
    }),
  },
]
