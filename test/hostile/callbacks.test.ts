import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LONG } from '../support/campaign.ts'
import { callbackAct } from './support/callback-acts.ts'
import { CallbackWorld } from './support/callback-world.ts'
import { type Hostile, pursueSeeded } from './support/seeded.ts'
import { watched } from './support/watchdog.ts'

const CALLBACKS: Hostile = {
  name: 'whatever callbacks do and throw, the map, its listeners and its devices are in order after each operation',
  count: 1500,
  property: fc.property(
    fc.array(callbackAct, { minLength: 1, maxLength: 15, ...LONG }),
    fc.array(callbackAct, { maxLength: 60, size: 'max' }),
    (operations, tape) => {
      const world = new CallbackWorld(tape)
      watched(JSON.stringify({ operations, tape }), () => {
        for (const operation of operations) if (world.faults.length === 0) world.operate(operation)
        world.close()
      })
      expect(world.faults).toEqual([])
    },
  ),
}

test(CALLBACKS.name, () => pursueSeeded(CALLBACKS))
