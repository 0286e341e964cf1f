import fc from 'fast-check'

/** A number as a guest may choose it, of 64 bits: past 2^53 as a bigint, or as the number that comes next to it. */
export type GuestNumber = number | bigint

const LANDMARKS = [
  0n,
  0x1000n,
  0x8000n,
  0x10000n,
  2n ** 31n,
  2n ** 32n,
  2n ** 40n,
  2n ** 52n,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n,
]

/** Near where something begins or ends. */
const value: fc.Arbitrary<bigint> = fc.oneof(
  { weight: 5, arbitrary: fc.nat(0x1_2000).map(BigInt) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom(...LANDMARKS), fc.integer({ min: -70, max: 70 }))
      .map(([landmark, by]) => clamp(landmark + BigInt(by))),
  },
  { weight: 1, arbitrary: fc.bigInt(0n, 2n ** 64n) },
)

function clamp(number: bigint): bigint {
  return number < 0n ? 0n : number > 2n ** 64n ? 2n ** 64n : number
}

export const guestNumber: fc.Arbitrary<GuestNumber> = fc
  .tuple(value, fc.integer({ min: 0, max: 3 }))
  .map(([number, form]) => (number >= 2n ** 53n && form < 2 ? number : Number(number)))

/** One below 2^53: what is past it, an access of one register may refuse. */
export const reachable: fc.Arbitrary<number> = value.map(number => Number(number % 2n ** 53n))
