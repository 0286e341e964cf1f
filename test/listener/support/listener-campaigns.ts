import fc from 'fast-check'
import { type Campaign, LONG } from '../../support/campaign.ts'
import { add, changeOr, few, root, spec } from '../../view/support/tree-arbitraries.ts'
import { TreeWorld } from '../../view/support/tree-world.ts'
import { ListenerWorld } from './listener-world.ts'

const aside = fc.record({ op: fc.constant('aside' as const), at: fc.nat(71), value: fc.nat(1023) })
const change = changeOr({ weight: 3, arbitrary: aside })

/** Trees as they are changed, and what listeners are told, against what is seen (RULES C and H). */
export const LISTENERS: readonly Campaign[] = [
  {
    name: 'C2, C6-C9, H3, H4 what listeners of a few regions, changed over and over, are told is what their spaces show',
    count: 500,
    property: fc.property(fc.array(change, { minLength: 10, maxLength: 60, size: 'max' }), changes => {
      const listeners = new ListenerWorld()
      new TreeWorld(few, listeners).apply(changes)
      listeners.close()
    }),
  },
  {
    name: 'C2, C6-C9, H3, H4 the same for random trees, changed at random',
    count: 500,
    property: fc.property(
      root,
      fc.array(spec, { minLength: 3, maxLength: 11 }),
      fc.array(add, { minLength: 2, maxLength: 12 }),
      fc.array(change, { maxLength: 24, ...LONG }),
      (first, specs, adds, changes) => {
        const listeners = new ListenerWorld()
        const world = new TreeWorld([first, ...specs], listeners)
        world.apply(adds)
        world.apply(changes)
        listeners.close()
      },
    ),
  },
]
