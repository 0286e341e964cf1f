import { AddressSpace, MemoryRegion, type MemoryRegionOps, MemTxResult, memTxFault } from 'guestmem'
import { describe, expect, test } from 'vitest'
import { bytes } from '../../support/board.ts'
import { type Call, mount, recorder } from '../../support/device.ts'

const VALUE = 0x1817_1615_1413_1211n

function pair(calls: Call[], extra: Parameters<typeof recorder>[1] = {}, value = VALUE) {
  return recorder(
    calls,
    extra,
    () => 0x44,
    () => value,
  )
}

describe('G5 the 64-bit pair', () => {
  test('gets 8-byte accesses whole, and nothing smaller', () => {
    const calls: Call[] = []
    const space = mount(pair(calls))
    expect(space.load64(8)).toBe(VALUE)
    space.store64(16, VALUE)
    expect(space.load32(8)).toBe(0x44)
    space.store8(9, 5)
    expect(calls).toEqual([
      ['read64', 8, 8],
      ['write64', 16, 8, VALUE],
      ['read', 8, 4],
      ['write', 9, 1, 5],
    ])
  })

  test('gets 8 bytes whole also where they reach past 2^53, up to which numbers are all there', () => {
    for (const endian of ['little', 'big'] as const)
      for (let before = 1; before <= 8; before++) {
        const stored: bigint[] = []
        const ops: MemoryRegionOps = {
          read: () => 0,
          write() {},
          read64: () => VALUE,
          write64: (_, value) => {
            stored.push(value)
          },
          endianness: endian,
          valid: { maxSize: 8, unaligned: true },
          impl: { minSize: 8, maxSize: 8, unaligned: true },
        }
        const space = new AddressSpace('memory', MemoryRegion.io('device', ops, 2 ** 64), { endian })
        const address = 2 ** 53 - before
        space.store64(address, VALUE)
        expect([endian, before, stored, space.load64(address)]).toEqual([endian, before, [VALUE], VALUE])
      }
  })

  test('its value is cut to 64 bits, and read unsigned', () => {
    expect(mount(pair([], {}, -1n)).load64(0)).toBe(0xffff_ffff_ffff_ffffn)
    expect(mount(pair([], {}, (1n << 70n) | 5n)).load64(0)).toBe(5n)
  })

  test('E4 block requests come in 8 bytes only where valid.maxSize says so', () => {
    const calls: Call[] = []
    const buffer = new Uint8Array(8)
    mount(pair(calls)).read(0, buffer)
    expect(calls).toEqual([
      ['read', 0, 4],
      ['read', 4, 4],
    ])
    calls.length = 0
    const wide = mount(pair(calls, { valid: { maxSize: 8 } }))
    expect(wide.read(0, buffer)).toBe(MemTxResult.OK)
    wide.write(8, bytes(0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18))
    expect(calls).toEqual([
      ['read64', 0, 8],
      ['write64', 8, 8, VALUE],
    ])
    expect([...buffer]).toEqual([0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18])
  })

  test.each(['little', 'big'] as const)('G6 the value is the number in the order of the device: %s', endianness => {
    const calls: Call[] = []
    const space = mount(pair(calls, { endianness, valid: { maxSize: 8 } }))
    const swapped = 0x1112_1314_1516_1718n
    expect(space.load64le(0)).toBe(endianness === 'little' ? VALUE : swapped)
    expect(space.load64be(0)).toBe(endianness === 'big' ? VALUE : swapped)
    calls.length = 0
    space.write(0, bytes(1, 2, 3, 4, 5, 6, 7, 8))
    expect(calls[0]?.[3]).toBe(endianness === 'little' ? 0x0807_0605_0403_0201n : 0x0102_0304_0506_0708n)
    const buffer = new Uint8Array(8)
    space.read(0, buffer)
    const low = [0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18]
    expect([...buffer]).toEqual(endianness === 'little' ? low : low.reverse())
  })

  test.each(['little', 'big'] as const)('impl.minSize 8 makes every access one of 8 bytes: %s', endianness => {
    const calls: Call[] = []
    const space = mount(pair(calls, { endianness, impl: { minSize: 8 } }), { endian: endianness })
    const little = endianness === 'little'
    expect(space.load8(3)).toBe(little ? 0x11 : 0x18)
    expect(space.load16(2)).toBe(little ? 0x1211 : 0x1817)
    expect(space.load32(4)).toBe(little ? 0x1413_1211 : 0x1817_1615)
    space.store8(3, 0xab)
    space.store32(4, 0x89ab_cdef)
    expect(calls).toEqual([
      ['read64', 3, 8],
      ['read64', 2, 8],
      ['read64', 4, 8],
      ['write64', 3, 8, little ? 0xabn : 0xabn << 56n],
      ['write64', 4, 8, little ? 0x89ab_cdefn : 0x89ab_cdefn << 32n],
    ])
  })

  test('impl.maxSize 4 leaves it unused', () => {
    const calls: Call[] = []
    const space = mount(pair(calls, { impl: { maxSize: 4 } }))
    expect(space.load64(0)).toBe(0x44_0000_0044n)
    expect(calls.map(call => call[0])).toEqual(['read', 'read'])
  })

  test('E7 it reports faults and results', () => {
    const space = mount({
      read: () => 0,
      write: () => undefined,
      read64: () => memTxFault(MemTxResult.ERROR),
      write64: offset => (offset === 0 ? MemTxResult.ACCESS_ERROR : undefined),
    })
    expect(space.load64(0)).toBe(0n)
    expect(space.result).toBe(MemTxResult.ERROR)
    space.store64(0, 1n)
    expect(space.result).toBe(MemTxResult.ACCESS_ERROR)
    space.store64(8, 1n)
    expect(space.result).toBe(MemTxResult.OK)
  })
})
