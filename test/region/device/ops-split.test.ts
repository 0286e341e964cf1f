import { type AccessSize, type AddressSpace, MemTxResult } from 'guestmem'
import { describe, expect, test } from 'vitest'
import { type Call, counting, mount, recorder } from '../../support/device.ts'

type Order = 'little' | 'big'

function device(endianness: Order, impl: { minSize?: AccessSize; maxSize?: AccessSize }) {
  const calls: Call[] = []
  const space = mount(recorder(calls, { endianness, impl, valid: { unaligned: true } }, counting(endianness)), {
    endian: endianness,
  })
  return { calls, space }
}

/** A little-endian device counts up from the low end, a big-endian one from the high end. */
function expectCounted(space: AddressSpace, order: Order): void {
  expect(space.load8(3)).toBe(0x13)
  expect(space.load16(2)).toBe(order === 'little' ? 0x1312 : 0x1213)
  expect(space.load32(4)).toBe(order === 'little' ? 0x1716_1514 : 0x1415_1617)
  expect(space.load64(8)).toBe(order === 'little' ? 0x1f1e_1d1c_1b1a_1918n : 0x1819_1a1b_1c1d_1e1fn)
}

describe.each(['little', 'big'] as const)('G5 a %s-endian device', order => {
  const little = order === 'little'

  test.each([
    [undefined, [4, 4]],
    [1, [1, 1, 1, 1, 1, 1, 1, 1]],
    [2, [2, 2, 2, 2]],
    [4, [4, 4]],
  ] as const)('impl.maxSize %s: an 8-byte read is pieces in ascending order', (maxSize, sizes) => {
    const { calls, space } = device(order, maxSize === undefined ? {} : { maxSize })
    expectCounted(space, order)
    calls.length = 0
    space.load64(16)
    expect(calls).toEqual(sizes.map((size, i) => ['read', 16 + i * size, size]))
  })

  test('impl.maxSize 1: pieces of a write', () => {
    const { calls, space } = device(order, { maxSize: 1 })
    space.store32(4, 0x0102_0304)
    const values = little ? [4, 3, 2, 1] : [1, 2, 3, 4]
    expect(calls).toEqual(values.map((value, i) => ['write', 4 + i, 1, value]))
  })

  test('impl.maxSize 2: pieces of an 8-byte write', () => {
    const { calls, space } = device(order, { maxSize: 2 })
    space.store64(8, 0x0102_0304_0506_0708n)
    const values = little ? [0x0708, 0x0506, 0x0304, 0x0102] : [0x0102, 0x0304, 0x0506, 0x0708]
    expect(calls).toEqual(values.map((value, i) => ['write', 8 + 2 * i, 2, value]))
  })

  test('impl.minSize over the size: one wide call at the offset as it is; a read keeps its end of it', () => {
    const { calls, space } = device(order, { minSize: 4 })
    expect(space.load8(5)).toBe(0x15)
    expect(space.load16(6)).toBe(little ? 0x1716 : 0x1617)
    expect(space.load16(7)).toBe(little ? 0x1817 : 0x1718)
    expect(calls).toEqual([
      ['read', 5, 4],
      ['read', 6, 4],
      ['read', 7, 4],
    ])
  })

  test('impl.minSize over the size: a write clobbers the neighbours with zero', () => {
    const { calls, space } = device(order, { minSize: 4 })
    space.store8(5, 0xab)
    space.store16(6, 0xabcd)
    expect(calls).toEqual([
      ['write', 5, 4, little ? 0xab : 0xab00_0000],
      ['write', 6, 4, little ? 0xabcd : 0xabcd_0000],
    ])
  })

  test('impl.minSize 2 and 8 too', () => {
    const two = device(order, { minSize: 2 })
    expect(two.space.load8(1)).toBe(0x11)
    two.space.store8(1, 0xab)
    expect(two.calls).toEqual([
      ['read', 1, 2],
      ['write', 1, 2, little ? 0xab : 0xab00],
    ])
  })

  test('impl.minSize and maxSize together: every access is of that size', () => {
    const { calls, space } = device(order, { minSize: 2, maxSize: 2 })
    expectCounted(space, order)
    expect(new Set(calls.map(call => call[2]))).toEqual(new Set([2]))
    expect(calls).toHaveLength(1 + 1 + 2 + 4)
  })
})

describe('G5 values', () => {
  test('what a handler returns is cut to the size of its piece', () => {
    const calls: Call[] = []
    const space = mount(recorder(calls, { impl: { maxSize: 1 } }, () => 0x1_2345))
    expect(space.load8(0)).toBe(0x45)
    expect(space.load16(0)).toBe(0x4545)
    expect(space.load32(0)).toBe(0x4545_4545)
    expect(space.load64(0)).toBe(0x4545_4545_4545_4545n)
    const wide = mount(recorder(calls, {}, () => -2))
    expect([wide.load8(0), wide.load16(0), wide.load32(0)]).toEqual([0xfe, 0xfffe, 0xffff_fffe])
    expect(wide.load64(0)).toBe(0xffff_fffe_ffff_fffen)
  })

  test('a handler gets unsigned values', () => {
    const calls: Call[] = []
    const space = mount(recorder(calls))
    space.store32(0, -1)
    space.store16(4, -1)
    space.store8(6, -1)
    space.store64(8, -1n)
    expect(calls.map(call => call[3])).toEqual([0xffff_ffff, 0xffff, 0xff, 0xffff_ffff, 0xffff_ffff])
  })

  test('all pieces are made even if one fails, and their results are OR-ed', () => {
    const offsets: number[] = []
    const space = mount({
      impl: { maxSize: 1 },
      read: () => 0,
      write(offset) {
        offsets.push(offset)
        return [MemTxResult.ERROR, MemTxResult.OK, MemTxResult.ACCESS_ERROR, undefined][offset]
      },
    })
    space.store32(0, 0)
    expect(offsets).toEqual([0, 1, 2, 3])
    expect(space.result).toBe(MemTxResult.ERROR | MemTxResult.ACCESS_ERROR)
  })
})
