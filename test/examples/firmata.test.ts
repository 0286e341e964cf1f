import { expect, test } from 'vitest'
import { decodeGreeting, hex } from '../../examples/avr/firmata.mjs'

// Protocol 2.3, firmware 2.5 named "A" and U+00E9, whose top bit travels in a byte of its own.
const GREETING = [0xf9, 2, 3, 0xf0, 0x79, 2, 5, 0x41, 0, 0x69, 1, 0xf7]

test('decodes a greeting', () => {
  expect(decodeGreeting(GREETING)).toEqual({ protocol: '2.3', firmware: '2.5', name: 'A\u00e9' })
  expect(decodeGreeting([...GREETING, 0xf9])).toEqual(decodeGreeting(GREETING))
})

test('waits for the whole of it', () => {
  for (let length = 0; length < GREETING.length; length++)
    expect(decodeGreeting(GREETING.slice(0, length))).toBeUndefined()
})

test('refuses what is no greeting', () => {
  for (const at of [0, 3, 4]) expect(() => decodeGreeting(GREETING.with(at, 1))).toThrow(/not a Firmata greeting/)
  expect(() => decodeGreeting(GREETING.toSpliced(8, 1))).toThrow(/not a Firmata greeting/)
})

test('hex', () => {
  expect(hex([0xf9, 2, 3])).toBe('f9 02 03')
})
