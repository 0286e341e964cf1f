import fc from 'fast-check'
import { DIRECT_ACCESS } from 'guestmem'
import { expect, test } from 'vitest'
import { LONG } from '../support/campaign.ts'
import { driverOp, ExampleBoard } from './support/example-board.ts'
import { GuestMachine, type MachineSpec, type RegionSpec } from './support/guest-machine.ts'
import { carryOut, guestOp, Held } from './support/guest-ops.ts'
import { type Hostile, pursueSeeded } from './support/seeded.ts'
import { watched } from './support/watchdog.ts'

const KINDS = [
  'ram',
  'ram',
  'rom',
  'romDevice',
  'ramDevice',
  'io',
  'io',
  'dma',
  'iommu',
  'alias',
  'container',
  'reservation',
] as const

const region: fc.Arbitrary<RegionSpec> = fc.record({
  kind: fc.constantFrom(...KINDS),
  address: fc.oneof(
    { weight: 6, arbitrary: fc.nat(0x120).map(at => at * 0x100) },
    { weight: 2, arbitrary: fc.nat(0x1_2000) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(2 ** 32 - 0x100, 2 ** 32, 2 ** 40 - 1, 2 ** 52, 2 ** 53 - 0x1000, 2 ** 53 - 1),
    },
  ),
  size: fc.oneof(fc.constantFrom(1, 2, 16, 0x100, 0x1000, 0x4000), fc.integer({ min: 1, max: 0x4000 })),
  priority: fc.integer({ min: -2, max: 2 }),
  seed: fc.nat(1023),
})

const machine: fc.Arbitrary<MachineSpec> = fc.record({
  regions: fc.array(region, { minLength: 2, maxLength: 14, ...LONG }),
  policy: fc.constantFrom(...DIRECT_ACCESS),
  big: fc.boolean(),
  bounceBytes: fc.constantFrom(0, 1, 100, 4096, 2 ** 20),
  lane: fc.constantFrom('auto' as const, 'script' as const),
})

/** Bytes: `copy` holds 16 MiB at a time (docs of `copyGuest`), and counted with it is what is not collected yet. */
const MOST_SCRATCH = 256 * 2 ** 20

function told(spec: unknown, ops: readonly unknown[]): string {
  return JSON.stringify({ spec, ops }, (_, value) => (typeof value === 'bigint' ? `${value}n` : value))
}

const GUESTS: Hostile = {
  name: 'whatever numbers a guest chooses, nothing is thrown, and nothing changes but what is its own',
  count: 1500,
  property: fc.property(machine, fc.array(guestOp, { minLength: 1, maxLength: 12, ...LONG }), (spec, ops) => {
    const made = new GuestMachine(spec)
    const held = new Held()
    watched(told(spec, ops), () => {
      for (const op of ops) {
        made.begin()
        const before = process.memoryUsage().arrayBuffers
        const result = carryOut(op, made, held)
        if (!(result >= 0 && result <= 7)) expect.fail(`${op.way}: the result is ${result}`)
        const scratch = process.memoryUsage().arrayBuffers - before
        if (scratch > MOST_SCRATCH) expect.fail(`${op.way} takes ${scratch} bytes of scratch`)
      }
      made.begin()
      held.release(2)
      expect([...held.faults, ...made.faults()]).toEqual([])
    })
    made.close()
  }),
}

const DRIVERS: Hostile = {
  name: "whatever a driver stores to the registers and descriptors of the examples' devices, nothing is thrown",
  count: 300,
  property: fc.property(
    fc.constantFrom('map' as const, 'space' as const),
    fc.constantFrom(0, 100, 4096),
    fc.array(driverOp, { minLength: 4, maxLength: 40, size: 'max' }),
    (carry, bounceBytes, ops) => {
      const board = new ExampleBoard(carry, bounceBytes)
      try {
        watched(told([carry, bounceBytes], ops), () => {
          for (const op of ops) board.carryOut(op)
          expect(board.faults()).toEqual([])
        })
      } finally {
        board.close()
      }
    },
  ),
}

test.each([GUESTS, DRIVERS])('$name', pursueSeeded)
