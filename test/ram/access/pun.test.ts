import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PUN64, punFloat, storePair } from '../../../src/ram/access/pun.ts'

/** Half of them a NaN as a float, whose bits an engine need not keep. */
const bits = fc.oneof(
  fc.bigInt(0n, 2n ** 64n - 1n),
  fc.bigInt(0n, 2n ** 52n - 1n).map(payload => payload | 0x7ff0_0000_0000_0000n),
  fc.bigInt(0n, 2n ** 52n - 1n).map(payload => payload | 0xfff0_0000_0000_0000n),
  fc.constantFrom(0n, 1n, 2n ** 63n, 2n ** 64n - 1n),
)

/** Element 1 as a float, in an engine that has one NaN only. */
function oneNaN(elements: BigUint64Array): Float64Array {
  const floats = new Float64Array(elements.buffer)
  const forget = (float: number): number => (Number.isNaN(float) ? Number.NaN : float)
  return {
    get 1() {
      return forget(floats[1] as number)
    },
    set 1(float) {
      floats[1] = forget(float)
    },
  } as unknown as Float64Array
}

describe('H2: 64 bits as two halves keep all their bits', () => {
  test('loaded as a float', () => {
    const elements = new BigUint64Array(3)
    const floats = oneNaN(elements)
    fc.assert(
      fc.property(bits, value => {
        elements[1] = value
        punFloat(elements, floats, 1)
        expect(PUN64[0]).toBe(value)
      }),
      { numRuns: 2000 },
    )
  })

  test.each([true, false])('stored; as a float: %s', asFloats => {
    const elements = new BigUint64Array(3)
    const floats = oneNaN(elements)
    fc.assert(
      fc.property(bits, value => {
        const [low, high] = [Number(value & 0xffff_ffffn), Number(value >> 32n)]
        storePair(elements, asFloats ? floats : undefined, 1, low | 0, high)
        expect([...elements]).toEqual([0n, value, 0n])
      }),
      { numRuns: 2000 },
    )
  })
})
