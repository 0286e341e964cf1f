import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { guestNumber } from '../../src/request/guest-address.ts'

const LIMIT = 2 ** 53

describe("a guest's number", () => {
  test('below 2^53 is itself, as a number and as a bigint', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), value => {
        expect(guestNumber(value, 'address')).toBe(value)
        expect(guestNumber(BigInt(value), 'address')).toBe(value)
      }),
      { numRuns: 2000 },
    )
    for (const value of [0, 1, 2 ** 32, LIMIT - 2, LIMIT - 1])
      expect([guestNumber(value, 'address'), guestNumber(BigInt(value), 'address')]).toEqual([value, value])
    expect(Object.is(guestNumber(0n, 'address'), 0)).toBe(true)
  })

  test('from 2^53 on is 2^53, where nothing is', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 2n ** 53n, max: 2n ** 80n }), value => {
        expect(guestNumber(value, 'address')).toBe(LIMIT)
        expect(guestNumber(Number(value), 'address')).toBe(LIMIT)
      }),
      { numRuns: 2000 },
    )
    for (const value of [2n ** 53n, 2n ** 53n + 1n, 2n ** 64n - 1n, 2n ** 4000n, LIMIT, LIMIT + 2, 2 ** 64, 2 ** 1000])
      expect(guestNumber(value, 'address')).toBe(LIMIT)
  })

  test.each([-1, -1n, -(2n ** 64n), -(2n ** 4000n), 0.5, Number.NaN, Number.POSITIVE_INFINITY, -LIMIT])(
    'is no %s: a RangeError',
    value => {
      expect(() => guestNumber(value, 'address')).toThrow(RangeError)
      expect(() => guestNumber(value, 'address')).toThrow(new RegExp(`^address must be an integer .*got ${value}`))
    },
  )

  test.each([undefined, null, '16', true, {}, [16], Symbol('16'), () => 16])('is no %s: a TypeError', value => {
    expect(() => guestNumber(value, 'length')).toThrow(TypeError)
    expect(() => guestNumber(value, 'length')).toThrow(/^length must be a number or a bigint, got /)
  })
})
