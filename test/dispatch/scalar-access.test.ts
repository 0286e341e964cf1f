import { AddressSpace, GuestRam, MemoryRegion, MemTxResult, translate } from 'guestmem'
import { describe, expect, test } from 'vitest'
import { bytes, PAGE } from '../support/board.ts'
import { type Call, recorder } from '../support/device.ts'

const { OK, DECODE_ERROR } = MemTxResult

/** RAM at 0 that ends at 30, a device at 0x100 that takes 1 to 4 bytes, and one at 0x200 that takes unaligned ones. */
function board(endian: 'little' | 'big' = 'little', device: 'little' | 'big' = 'little') {
  const ram = MemoryRegion.ram('ram', GuestRam.allocate(2 * PAGE).block('ram', PAGE))
  ram.setSize(30)
  const view = (ram.block as NonNullable<typeof ram.block>).view()
  for (let i = 0; i < 64; i++) view[i] = i + 1
  const calls: Call[] = []
  const root = MemoryRegion.container('root', 4096)
  root.addSubregion(0, ram)
  const ops = { endianness: device, valid: { minSize: 1, maxSize: 4 } } as const
  root.addSubregion(
    0x100,
    MemoryRegion.io(
      'device',
      recorder(calls, ops, () => 0x0102_0304),
      16,
    ),
  )
  const loose = { endianness: device, valid: { unaligned: true }, impl: { maxSize: 4 } } as const
  root.addSubregion(
    0x200,
    MemoryRegion.io(
      'loose',
      recorder(calls, loose, offset => offset),
      16,
    ),
  )
  return { space: new AddressSpace('space', root, { endian }), calls, view }
}

describe('I1 a load or store is one access of its whole size', () => {
  test('a device gets it whole, or rejects it; a read of the same bytes is cut', () => {
    const { space, calls } = board()
    expect([space.load32(0x104), space.load16(0x102), space.load8(0x101)]).toEqual([0x0102_0304, 0x0304, 4])
    space.store32(0x108, 7)
    expect(calls).toEqual([
      ['read', 4, 4],
      ['read', 2, 2],
      ['read', 1, 1],
      ['write', 8, 4, 7],
    ])
    calls.length = 0
    // 8 bytes are more than it takes: never two of 4.
    expect([space.load64(0x100), space.result, space.load64Pair(0x100), space.result]).toEqual([
      0n,
      DECODE_ERROR,
      0,
      DECODE_ERROR,
    ])
    space.store64(0x100, 1n)
    expect([space.result, calls]).toEqual([DECODE_ERROR, []])
    expect(space.read(0x100, new Uint8Array(8))).toBe(OK)
    expect(calls).toEqual([
      ['read', 0, 4],
      ['read', 4, 4],
    ])
  })

  test('a device may be reached over the end of what is seen of it (D4)', () => {
    const { space, calls } = board()
    const over = MemoryRegion.reservation('over', 2)
    space.root.addSubregion(0x106, over, 1)
    expect([space.load32(0x104), space.result]).toEqual([0x0102_0304, OK])
    expect(calls).toEqual([['read', 4, 4]])
  })
})

describe('I2', () => {
  test('what is not aligned is rejected by a device, unless it takes that', () => {
    const { space, calls } = board()
    for (const load of [() => space.load32(0x101), () => space.load32(0x102), () => space.load16(0x103)])
      expect([load(), space.result, calls]).toEqual([0, DECODE_ERROR, []])
    space.store16(0x101, 1)
    expect([space.result, calls]).toEqual([DECODE_ERROR, []])
    expect([space.load32(0x203), space.result]).toEqual([3, OK])
    space.store16(0x205, 0x1234)
    expect(calls).toEqual([
      ['read', 3, 4],
      ['write', 5, 2, 0x1234],
    ])
    calls.length = 0
    // A read is made of what is aligned.
    expect(space.read(0x101, new Uint8Array(4))).toBe(OK)
    expect(calls.map(([, offset, size]) => [offset, size])).toEqual([
      [1, 1],
      [2, 2],
      [4, 1],
    ])
  })

  test('over the end of RAM it is rejected, and nothing is stored; a read is split', () => {
    const { space, view } = board()
    expect([space.load32(26), space.result]).toEqual([0x1e1d_1c1b, OK])
    for (const address of [27, 28, 29]) expect([space.load32(address), space.result]).toEqual([0, DECODE_ERROR])
    expect([space.load16(28), space.result]).toEqual([0x1e1d, OK])
    expect([space.load16(29), space.result]).toEqual([0, DECODE_ERROR])
    expect([space.load64(23), space.result, space.load64Pair(24), space.result]).toEqual([
      0n,
      DECODE_ERROR,
      0,
      DECODE_ERROR,
    ])
    for (const store of [
      () => space.store16(29, 0xffff),
      () => space.store32(28, 0xffff_ffff),
      () => space.store64(23, -1n),
      () => space.store64Pair(24, -1, -1),
    ]) {
      store()
      expect(space.result).toBe(DECODE_ERROR)
    }
    expect([...view.slice(20, 34)]).toEqual(Array.from({ length: 14 }, (_, i) => 21 + i))
    const data = new Uint8Array(4)
    expect([space.read(28, data), [...data]]).toEqual([DECODE_ERROR, [29, 30, 0, 0]])
    expect([space.write(28, bytes(7, 7, 7, 7)), view[29], view[30]]).toEqual([DECODE_ERROR, 7, 31])
  })
})

describe('I3 values are swapped once, where the orders differ', () => {
  test.each([
    ['little', 'little'],
    ['little', 'big'],
    ['big', 'little'],
    ['big', 'big'],
  ] as const)('target %s, device %s', (endian, device) => {
    const { space, calls } = board(endian, device)
    const swapped = 0x0403_0201
    const own = endian === device ? 0x0102_0304 : swapped
    expect(space.load32(0x100)).toBe(own)
    expect(space.load32le(0x100)).toBe(device === 'little' ? 0x0102_0304 : swapped)
    expect(space.load32be(0x100)).toBe(device === 'big' ? 0x0102_0304 : swapped)
    expect(space.load16be(0x100)).toBe(device === 'big' ? 0x0304 : 0x0403)
    calls.length = 0
    space.store32(0x100, 0x0102_0304)
    space.store32le(0x100, 0x0102_0304)
    space.store32be(0x100, 0x0102_0304)
    expect(calls.map(([, , , value]) => value)).toEqual([
      own,
      device === 'little' ? 0x0102_0304 : swapped,
      device === 'big' ? 0x0102_0304 : swapped,
    ])
    expect(space.load32le(0)).toBe(0x0403_0201)
    expect(space.load32be(0)).toBe(0x0102_0304)
    expect(space.load32(0)).toBe(endian === 'little' ? 0x0403_0201 : 0x0102_0304)
    expect([space.load64le(8), space.load64be(8)]).toEqual([0x100f_0e0d_0c0b_0a09n, 0x090a_0b0c_0d0e_0f10n])
  })
})

describe('E2 readonly', () => {
  /** RAM seen at 0, and through a readonly alias at 0x1000, in a readonly container at 0x2000. */
  function aliases() {
    const ram = MemoryRegion.ram('ram', GuestRam.allocate(2 * PAGE).block('ram', PAGE))
    const root = MemoryRegion.container('root', 2 ** 20)
    const alias = MemoryRegion.alias('alias', ram, 0, 0x100)
    alias.setReadonly(true)
    const container = MemoryRegion.container('container', 0x100)
    container.setReadonly(true)
    container.addSubregion(0, MemoryRegion.alias('inner', ram, 0, 0x100))
    root.addSubregion(0, ram)
    root.addSubregion(0x1000, alias)
    root.addSubregion(0x2000, container)
    const view = (ram.block as NonNullable<typeof ram.block>).view()
    return { space: new AddressSpace('space', root), ram, view }
  }

  test('an alias or a container that is readonly shows so, and lets devices write to the RAM behind it', () => {
    const { space, view } = aliases()
    expect(space.view.ranges.map(({ readonly, rom }) => [readonly, rom])).toEqual([
      [false, false],
      [true, false],
      [true, false],
    ])
    let value = 0
    for (const address of [0x1000, 0x2000]) {
      expect(translate(space, address, 4, { write: true }).direct).toBe(true)
      for (const write of [
        () => space.write(address, bytes(++value)),
        () => space.fill(address, ++value, 1),
        () => space.store8(address, ++value),
        () => space.store16(address, ++value),
        () => space.store32(address, ++value),
        () => space.store64(address, BigInt(++value)),
        () => space.store64Pair(address, ++value, 0),
      ]) {
        write()
        expect([space.result, view[0], space.load8(0)]).toEqual([OK, value, value])
      }
    }
  })

  test('RAM that is readonly itself is a ROM, through whatever it is seen', () => {
    const { space, ram, view } = aliases()
    ram.setReadonly(true)
    for (const address of [0, 0x1000, 0x2000]) {
      expect(space.write(address, bytes(9))).toBe(DECODE_ERROR)
      space.store8(address, 9)
      expect([space.result, view[0]]).toEqual([DECODE_ERROR, 0])
    }
    ram.setReadonly(false)
    expect([space.write(0x1000, bytes(9)), view[0]]).toEqual([OK, 9])
  })

  test('a ram device is read and written directly by its mapping, else by its register accessors', () => {
    const block = GuestRam.allocate(2 * PAGE).block('bar', PAGE)
    const region = MemoryRegion.ramDevice('bar', block, { cacheMode: 'noncached' })
    for (const directAccess of ['by-mapping', 'normal-only'] as const) {
      const space = new AddressSpace(directAccess, region, { directAccess })
      expect(space.write(2, bytes(1, 2, 3, 4, 5))).toBe(OK)
      expect([space.load32(2), space.result]).toEqual([0x0403_0201, OK])
    }
    region.setReadonly(true)
    const space = new AddressSpace('space', region)
    expect([space.write(2, bytes(9)), space.load8(2)]).toEqual([DECODE_ERROR, 1])
  })
})
