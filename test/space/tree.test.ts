import fc from 'fast-check'
import { test } from 'vitest'
import { runs } from './campaign.ts'
import type { Change } from './tree-changes.ts'
import { LIMIT, type RegionSpec, TreeWorld } from './tree-world.ts'

const index = fc.nat(11)
const address = fc.oneof(fc.nat(LIMIT - 1), fc.constant(0))
const size = fc.oneof(fc.integer({ min: 1, max: LIMIT }), fc.constant(LIMIT))
const kind = fc.constantFrom('container', 'io', 'ram', 'rom', 'romDevice', 'reservation', 'alias', 'alias' as const)

const spec: fc.Arbitrary<RegionSpec> = fc.record({ kind, size, target: index, offset: address })
const root: fc.Arbitrary<RegionSpec> = fc.record({
  kind: fc.constantFrom('container', 'container', 'io' as const),
  size,
  target: index,
  offset: address,
})

const add: fc.Arbitrary<Change> = fc.record({
  op: fc.constant('add' as const),
  at: index,
  to: fc.oneof(fc.constant(0), index),
  address,
  priority: fc.integer({ min: -1, max: 1 }),
})
const single: fc.Arbitrary<Change> = fc.oneof(
  { weight: 6, arbitrary: add },
  {
    weight: 8,
    arbitrary: fc.record({
      op: fc.constantFrom('remove', 'remove', 'space', 'space', 'destroy', 'destroy'),
      at: index,
    }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constantFrom('move', 'offset'), at: index, value: address }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('size'), at: index, value: size }) },
  {
    weight: 3,
    arbitrary: fc.record({
      op: fc.constantFrom('enabled', 'enabled', 'readonly', 'nonvolatile', 'romd', 'log'),
      at: index,
      on: fc.boolean(),
    }),
  },
)
const { change } = fc.letrec<{ change: Change }>(tie => ({
  change: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'transaction' },
    { weight: 8, arbitrary: single },
    {
      weight: 1,
      arbitrary: fc.record({
        op: fc.constant('transaction' as const),
        changes: fc.array(tie('change'), { maxLength: 6, depthIdentifier: 'transaction' }),
        throws: fc.boolean(),
      }),
    },
  ),
}))

/** A bus, a window of it, and something to be seen in it: so few that changes meet. */
const few: RegionSpec[] = [
  { kind: 'container', size: LIMIT, target: 0, offset: 0 },
  { kind: 'container', size: 40, target: 0, offset: 0 },
  { kind: 'io', size: 8, target: 0, offset: 0 },
  { kind: 'alias', size: 24, target: 1, offset: 0 },
  { kind: 'ram', size: 16, target: 0, offset: 0 },
]

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
