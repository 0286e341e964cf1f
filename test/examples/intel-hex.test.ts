import { expect, test } from 'vitest'
import { loadIntelHex } from '../../examples/avr/intel-hex.mjs'

const END = ':00000001FF\n'

test('data records go to their addresses', () => {
  const bytes = new Uint8Array(0x120)
  expect(loadIntelHex(`:03001000010203E7\r\n${END}`, bytes)).toBe(3)
  expect(loadIntelHex(`:02010000ABCD85\n\n${END}`, bytes)).toBe(2)
  expect([...bytes.subarray(0x0f, 0x14)]).toEqual([0, 1, 2, 3, 0])
  expect([...bytes.subarray(0xff, 0x103)]).toEqual([0, 0xab, 0xcd, 0])
})

test('what comes after the end record is not read', () => {
  expect(loadIntelHex(`${END}:0300100001020304\n`, new Uint8Array(32))).toBe(0)
})

test.each([
  ['a checksum that is wrong', ':03001000010203E8', /checksum/],
  ['a length that is wrong', ':04001000010203E6', /says it has 4 bytes/],
  ['an odd number of digits', ':0300100001020', /not a record/],
  ['text', 'hello', /not a record/],
  ['a record of another type', ':020000021000EC', /record type 2/],
])('refuses %s', (_name, line, message) => {
  expect(() => loadIntelHex(`${line}\n${END}`, new Uint8Array(32))).toThrow(message)
})

test('refuses a file that was cut off, and a program larger than the memory', () => {
  expect(() => loadIntelHex(':02010000ABCD85\n', new Uint8Array(0x200))).toThrow(/end record/)
  expect(() => loadIntelHex(`:02010000ABCD85\n${END}`, new Uint8Array(0x100))).toThrow(RangeError)
})
