import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toBe, toEqual, toThrow } from './hold.ts'

const passes = (check: () => void): boolean => {
  try {
    check()
    return true
  } catch {
    return false
  }
}

test('what holds here holds by `expect`, and what does not does not', () => {
  const bytes = fc.uint8Array({ maxLength: 3 })
  const value = fc.oneof(fc.anything({ maxDepth: 2, withTypedArray: true, withNullPrototype: true }), bytes)
  // Pairs that differ in one place, or nowhere, too.
  const pair = fc.oneof(
    fc.tuple(value, value),
    fc.clone(value, 2) as fc.Arbitrary<[unknown, unknown]>,
    fc.tuple(value, value).map(
      ([one, other]) =>
        [
          { one, other },
          { one, other: one },
        ] as const,
    ),
    fc.tuple(value, fc.boolean()).map(([one, has]) => [[one, undefined], has ? [one, undefined] : [one]] as const),
  )
  fc.assert(
    fc.property(pair, ([one, other]) => {
      expect(passes(() => toBe(one, other))).toBe(passes(() => expect(one).toBe(other)))
      expect(passes(() => toEqual(one, other))).toBe(passes(() => expect(one).toEqual(other)))
    }),
    { numRuns: 3000 },
  )
})

test('a call that throws nothing, or something else, is none that throws', () => {
  const throwing = (error: Error) => () => {
    throw error
  }
  toThrow(throwing(new RangeError('x')), RangeError)
  expect(() => toThrow(throwing(new TypeError('x')), RangeError)).toThrow(TypeError)
  expect(() => toThrow(() => 1, RangeError)).toThrow(/should have thrown a RangeError/)
})
