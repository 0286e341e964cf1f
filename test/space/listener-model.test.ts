import fc from 'fast-check'
import { test } from 'vitest'
import { runs } from './campaign.ts'
import { ListenerWorld } from './listener-world.ts'
import { add, changeOr, few, root, spec } from './tree-arbitraries.ts'
import { TreeWorld } from './tree-world.ts'

const aside = fc.record({ op: fc.constant('aside' as const), at: fc.nat(71), value: fc.nat(1023) })
const change = changeOr({ weight: 3, arbitrary: aside })

test('C2, C6-C9, H3, H4 what listeners of random trees are told is what their spaces show', () => {
  fc.assert(
    fc.property(
      root,
      fc.array(spec, { minLength: 3, maxLength: 11 }),
      fc.array(add, { minLength: 2, maxLength: 12 }),
      fc.array(change, { maxLength: 24 }),
      (first, specs, adds, changes) => {
        const listeners = new ListenerWorld()
        const world = new TreeWorld([first, ...specs], listeners)
        world.apply(adds)
        world.apply(changes)
        listeners.close()
      },
    ),
    runs(500),
  )
})

test('C2, C6-C9, H3, H4 the same for a few regions, changed over and over', () => {
  fc.assert(
    fc.property(fc.array(change, { minLength: 10, maxLength: 60, size: 'max' }), changes => {
      const listeners = new ListenerWorld()
      new TreeWorld(few, listeners).apply(changes)
      listeners.close()
    }),
    runs(500),
  )
})
