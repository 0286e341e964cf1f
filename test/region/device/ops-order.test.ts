import { type AddressSpace, MemTxResult } from 'guestmem'
import { describe, expect, test } from 'vitest'
import { bytes } from '../../support/board.ts'
import { type Call, counting, mount, recorder } from '../../support/device.ts'

const ENDIANS = ['little', 'big'] as const
const DEVICES = ['little', 'big', 'native', undefined] as const

const CASES = ENDIANS.flatMap(endian => DEVICES.map(endianness => ({ endian, endianness })))

describe.each(CASES)('G3, G6 a device of order $endianness in a $endian-endian target', ({ endian, endianness }) => {
  const own = endianness === 'little' || endianness === 'big' ? endianness : endian
  const calls: Call[] = []
  const space: AddressSpace = mount(recorder(calls, endianness && { endianness }, counting(own)), { endian })

  test('reads of bytes see them in address order', () => {
    const buffer = new Uint8Array(16).fill(0xee)
    expect(space.read(0, buffer)).toBe(MemTxResult.OK)
    expect([...buffer]).toEqual(Array.from({ length: 16 }, (_, i) => 0x10 + i))
  })

  test("loads are in the target's order", () => {
    expect(space.load16(2)).toBe(endian === 'little' ? 0x1312 : 0x1213)
    expect(space.load32(4)).toBe(endian === 'little' ? 0x1716_1514 : 0x1415_1617)
    expect(space.load64(8)).toBe(endian === 'little' ? 0x1f1e_1d1c_1b1a_1918n : 0x1819_1a1b_1c1d_1e1fn)
  })

  test('I3 the le and be forms are in their own', () => {
    expect([space.load16le(2), space.load16be(2)]).toEqual([0x1312, 0x1213])
    expect([space.load32le(4), space.load32be(4)]).toEqual([0x1716_1514, 0x1415_1617])
    expect([space.load64le(8), space.load64be(8)]).toEqual([0x1f1e_1d1c_1b1a_1918n, 0x1819_1a1b_1c1d_1e1fn])
  })

  test("a handler gets the number that the bytes form in the device's order", () => {
    calls.length = 0
    space.write(4, bytes(1, 2, 3, 4))
    space.write(8, bytes(5, 6))
    space.store32(12, endian === 'little' ? 0x0403_0201 : 0x0102_0304)
    space.store32le(16, 0x0403_0201)
    space.store32be(20, 0x0102_0304)
    space.store16le(24, 0x0605)
    space.store16be(26, 0x0506)
    const word = own === 'little' ? 0x0403_0201 : 0x0102_0304
    const half = own === 'little' ? 0x0605 : 0x0506
    expect(calls).toEqual([
      ['write', 4, 4, word],
      ['write', 8, 2, half],
      ['write', 12, 4, word],
      ['write', 16, 4, word],
      ['write', 20, 4, word],
      ['write', 24, 2, half],
      ['write', 26, 2, half],
    ])
  })

  test('the swap is of the whole access, before it is cut into pieces', () => {
    calls.length = 0
    space.store64le(8, 0x0807_0605_0403_0201n)
    space.store64be(8, 0x0102_0304_0506_0708n)
    const first = own === 'little' ? 0x0403_0201 : 0x0102_0304
    const second = own === 'little' ? 0x0807_0605 : 0x0506_0708
    const pieces = [
      ['write', 8, 4, first],
      ['write', 12, 4, second],
    ]
    expect(calls).toEqual([...pieces, ...pieces])
  })
})
