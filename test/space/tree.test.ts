import fc from 'fast-check'
import { test } from 'vitest'
import { runs } from './campaign.ts'
import { add, changeOr, few, root, spec } from './tree-arbitraries.ts'
import { TreeWorld } from './tree-world.ts'

const change = changeOr()

test('A-C random trees, changed at random, show what the rules say at every address', () => {
  fc.assert(
    fc.property(
      root,
      fc.array(spec, { minLength: 3, maxLength: 11 }),
      fc.array(add, { minLength: 2, maxLength: 12 }),
      fc.array(change, { maxLength: 24 }),
      (first, specs, adds, changes) => {
        const world = new TreeWorld([first, ...specs])
        world.apply(adds)
        world.apply(changes)
      },
    ),
    runs(1500),
  )
})

test('A-C the same for a few regions, changed over and over', () => {
  fc.assert(
    fc.property(fc.array(change, { minLength: 10, maxLength: 60, size: 'max' }), changes => {
      new TreeWorld(few).apply(changes)
    }),
    runs(1500),
  )
})
