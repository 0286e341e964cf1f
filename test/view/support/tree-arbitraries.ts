import fc from 'fast-check'
import type { Change } from './tree-changes.ts'
import { LIMIT, type RegionSpec } from './tree-world.ts'

export const index: fc.Arbitrary<number> = fc.nat(11)
const address = fc.oneof(fc.nat(LIMIT - 1), fc.constant(0))
const size = fc.oneof(fc.integer({ min: 1, max: LIMIT }), fc.constant(LIMIT))
const kind = fc.constantFrom('container', 'io', 'ram', 'rom', 'romDevice', 'reservation', 'alias', 'alias' as const)

export const spec: fc.Arbitrary<RegionSpec> = fc.record({ kind, size, target: index, offset: address })
export const root: fc.Arbitrary<RegionSpec> = fc.record({
  kind: fc.constantFrom('container', 'container', 'io' as const),
  size,
  target: index,
  offset: address,
})

export const add: fc.Arbitrary<Change> = fc.record({
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
      op: fc.constantFrom('enabled', 'enabled', 'readonly', 'nonvolatile', 'romd', 'log', 'log', 'log'),
      at: index,
      on: fc.boolean(),
    }),
  },
)

/** Any change, and with it `more`. */
export function changeOr(...more: { weight: number; arbitrary: fc.Arbitrary<Change> }[]): fc.Arbitrary<Change> {
  const { change } = fc.letrec<{ change: Change }>(tie => ({
    change: fc.oneof({ maxDepth: 3, depthIdentifier: 'transaction' }, { weight: 8, arbitrary: single }, ...more, {
      weight: 1,
      arbitrary: fc.record({
        op: fc.constant('transaction' as const),
        changes: fc.array(tie('change'), { maxLength: 6, depthIdentifier: 'transaction' }),
        throws: fc.boolean(),
      }),
    }),
  }))
  return change
}

/** A bus, a window of it, and something to be seen in it: so few that changes meet. */
export const few: RegionSpec[] = [
  { kind: 'container', size: LIMIT, target: 0, offset: 0 },
  { kind: 'container', size: 40, target: 0, offset: 0 },
  { kind: 'io', size: 8, target: 0, offset: 0 },
  { kind: 'alias', size: 24, target: 1, offset: 0 },
  { kind: 'ram', size: 16, target: 0, offset: 0 },
]

/** A region, and windows on parts of it that lie where those parts are: what they show is one range, or nearly (RULES C5). */
export const windows: RegionSpec[] = [
  { kind: 'container', size: LIMIT, target: 0, offset: 0 },
  { kind: 'romDevice', size: LIMIT, target: 0, offset: 0 },
  { kind: 'alias', size: 16, target: 1, offset: 0 },
  { kind: 'alias', size: 16, target: 1, offset: 16 },
  { kind: 'alias', size: 24, target: 1, offset: 24 },
]

export const openWindows: Change[] = [2, 3, 4].map(at => {
  return { op: 'add', at, to: 0, address: windows[at]?.offset ?? 0, priority: 0 }
})

/** Of windows: mostly their marks. */
export const windowChange: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constantFrom('readonly', 'nonvolatile', 'romd', 'log', 'enabled'),
      at: fc.nat(4),
      on: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constantFrom('move', 'offset'),
      at: fc.nat(4),
      value: fc.constantFrom(0, 8, 16, 24),
    }),
  },
)
