import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checksum, checksumOfWords } from '../../src/snapshot/checksum.ts'
import { wordsOf } from '../../src/snapshot/words.ts'
import { runs } from '../support/campaign.ts'

/** The specification of XXH32, one number after the other, as it is written there. */
function xxh32(bytes: Uint8Array, seed: number): number {
  const [p1, p2, p3, p4, p5] = [2654435761n, 2246822519n, 3266489917n, 668265263n, 374761393n] as const
  const m = (value: bigint) => BigInt.asUintN(32, value)
  const rotate = (value: bigint, by: bigint) => m((value << by) | (value >> (32n - by)))
  const word = (at: number) => BigInt(new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0, true))
  const s = BigInt(seed)
  let at = 0
  let hash = m(s + p5)
  if (bytes.length >= 16) {
    const lanes = [m(s + p1 + p2), m(s + p2), s, m(s - p1)]
    for (; at + 16 <= bytes.length; at += 16)
      for (let i = 0; i < 4; i++) lanes[i] = m(rotate(m((lanes[i] as bigint) + word(at + 4 * i) * p2), 13n) * p1)
    const [a, b, c, d] = lanes as [bigint, bigint, bigint, bigint]
    hash = m(rotate(a, 1n) + rotate(b, 7n) + rotate(c, 12n) + rotate(d, 18n))
  }
  hash = m(hash + BigInt(bytes.length))
  for (; at + 4 <= bytes.length; at += 4) hash = m(rotate(m(hash + word(at) * p3), 17n) * p4)
  for (; at < bytes.length; at++) hash = m(rotate(m(hash + BigInt(bytes[at] as number) * p5), 11n) * p1)
  hash = m((hash ^ (hash >> 15n)) * p2)
  hash = m((hash ^ (hash >> 13n)) * p3)
  return Number(hash ^ (hash >> 16n))
}

test('it is XXH32, of bytes of any length and of words', () => {
  // The published value of nothing, with seed 0.
  expect(checksum(new Uint8Array(0))).toBe(0x02cc5d05)
  fc.assert(
    fc.property(
      // Unless told, arrays have ten elements at most.
      fc.uint8Array({ maxLength: 200, size: 'max' }),
      fc.nat({ max: 2 ** 32 - 1 }),
      fc.nat({ max: 9 }),
      (bytes, seed, skip) => {
        const from = Math.min(skip, bytes.length)
        expect(checksum(bytes, from, bytes.length - from, seed)).toBe(xxh32(bytes.subarray(from), seed))
        const whole = bytes.slice(0, bytes.length - (bytes.length % 16))
        expect(checksumOfWords(wordsOf(whole), 0, whole.length)).toBe(
          whole.length === 0 ? checksumOfWords(new Uint32Array(0), 0, 0) : xxh32(whole, 0),
        )
      },
    ),
    runs(2000),
  )
})
