import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Decoder, Malformed } from '../../src/snapshot/decoder.ts'
import { Encoder } from '../../src/snapshot/encoder.ts'
import { decodeValue, encodeValue } from '../../src/snapshot/values.ts'
import { LONG, runs } from '../support/campaign.ts'

function encoded(value: unknown): Uint8Array {
  const to = new Encoder()
  encodeValue(to, value, 'state')
  return to.bytes.slice()
}

function decoded(bytes: Uint8Array): unknown {
  const from = new Decoder(bytes)
  const value = decodeValue(from)
  from.end()
  return value
}

const { value } = fc.letrec(tie => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(undefined, null, true, false, -0, Number.NaN, Number.POSITIVE_INFINITY, ''),
    fc.double(),
    fc.bigInt(),
    fc.string({ unit: 'grapheme' }),
    fc.uint8Array(),
    fc.int16Array(),
    fc.float64Array(),
    fc.bigUint64Array(),
    fc.uint8ClampedArray(),
    fc.uint8Array().map(({ buffer }) => buffer),
    fc.array(tie('value')),
    fc.dictionary(fc.string(), tie('value')).map(each => ({ ...each })),
    fc.array(fc.tuple(tie('value'), tie('value'))).map(pairs => new Map(pairs)),
    fc.array(tie('value')).map(items => new Set(items)),
  ),
}))

test('a state comes back as it was', () => {
  fc.assert(
    fc.property(value, given => {
      expect(decoded(encoded(given))).toStrictEqual(given)
    }),
    runs(1500),
  )
})

test('a key of any name is a key, and a part of an array is that part', () => {
  const state = JSON.parse('{ "__proto__": { "a": 1 }, "toString": 5 }')
  const back = decoded(encoded(state)) as object
  expect(Object.keys(back)).toEqual(['__proto__', 'toString'])
  expect(Object.getPrototypeOf(back)).toBe(Object.prototype)
  expect(decoded(encoded(Uint16Array.of(1, 2, 3, 4, 5, 6).subarray(2, 5)))).toEqual(Uint16Array.of(3, 4, 5))
  expect(decoded(encoded(new Uint8Array(new SharedArrayBuffer(4)).fill(3)))).toEqual(Uint8Array.of(3, 3, 3, 3))
})

describe('what has no place in a file is refused by name', () => {
  class Timer {}
  test.each([
    ['a function', { a: [() => 0] }, /^state\.a\[0\] must be a value that can be saved .* got a function$/],
    ['a symbol', [Symbol('x')], /^state\[0\] must be .* got Symbol\(x\)$/],
    ['an instance of a class', { timer: new Timer() }, /^state\.timer must be .* got an object of class Timer$/],
    ['a Date', new Map([['when', new Date()]]), /^state value 0 must be .* got an object of class Date$/],
    ['a DataView', new DataView(new ArrayBuffer(4)), /^state must be .* got an object of class DataView$/],
    ['a regular expression', /x/, /^state must be .* got an object of class RegExp$/],
  ])('%s', (_, state, message) => {
    expect(() => encoded(state)).toThrow(TypeError)
    expect(() => encoded(state)).toThrow(message)
  })

  test('what holds itself, and an integer without end', () => {
    const ring: unknown[] = []
    ring.push({ ring })
    expect(() => encoded(ring)).toThrow(/lies more than 256 deep, or within itself/)
    expect(() => encoded(1n << 40_000n)).toThrow(/an integer of 4096 bytes at most/)
  })
})

test('bytes that are none of a state are refused, and take no more memory than they have', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.uint8Array({ maxLength: 60, ...LONG }), value.map(encoded)),
      fc.nat(),
      fc.nat({ max: 255 }),
      (bytes, at, byte) => {
        const bad = bytes.slice()
        if (bad.length > 0) bad[at % bad.length] = byte
        try {
          decoded(bad)
        } catch (error) {
          expect(error).toBeInstanceOf(Malformed)
        }
      },
    ),
    runs(5000),
  )
})
