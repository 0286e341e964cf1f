import {
  AddressSpace,
  IommuMemoryRegion,
  IommuPermissions,
  type IommuTlbEntry,
  MemoryRegion,
  MemTxAttrs,
  MemTxResult,
} from 'guestmem'
import { formatFlatView } from 'guestmem/qemu'
import { describe, expect, test } from 'vitest'
import { board as guardBoard } from '../support/actor.ts'
import { bytes, PAGE, shown } from '../support/board.ts'
import { iommuBoard } from '../support/iommu-board.ts'

const { OK, DECODE_ERROR } = MemTxResult
const { NONE, READ, WRITE, BOTH } = IommuPermissions

describe('K1 permissions', () => {
  test.each([
    [NONE, DECODE_ERROR, DECODE_ERROR],
    [READ, OK, DECODE_ERROR],
    [WRITE, DECODE_ERROR, OK],
    [BOTH, OK, OK],
  ] as const)(
    '%d: a read gives %d, a write %d; zero is read, what is written is dropped',
    (permissions, read, write) => {
      const { bus, ram, map, asks } = iommuBoard()
      map(5, 3 * PAGE, permissions)
      const data = bytes(9, 9, 9, 9)
      expect(bus.read(5 * PAGE + 8, data)).toBe(read)
      expect([...data]).toEqual(read === OK ? [3, 3, 3, 3] : [0, 0, 0, 0])
      expect([bus.load32(5 * PAGE + 8), bus.result]).toEqual([read === OK ? 0x0303_0303 : 0, read])
      expect(bus.write(5 * PAGE + 8, bytes(7, 7, 7, 7))).toBe(write)
      bus.store64(5 * PAGE + 16, 0x0808_0808_0808_0808n)
      expect(bus.result).toBe(write)
      expect([ram[3 * PAGE + 8], ram[3 * PAGE + 16]]).toEqual(write === OK ? [7, 8] : [3, 3])
      expect(asks.map(([, access]) => access)).toEqual([READ, READ, WRITE, WRITE])
    },
  )

  test('the mapping is chosen by the attributes', () => {
    const { bus, map, asks } = iommuBoard({ indexes: 2, attrsToIndex: ({ secure }) => (secure ? 1 : 0) })
    map(0, 0)
    bus.load8(4)
    bus.load8(4, MemTxAttrs.SECURE)
    bus.write(8, bytes(1), MemTxAttrs.SECURE)
    expect(asks).toEqual([
      [4, READ, 0],
      [4, READ, 1],
      [8, WRITE, 1],
    ])
  })

  test('a fault of a memory-only access is an ACCESS_ERROR (E8), memory behind an IOMMU is memory', () => {
    const { bus, map } = iommuBoard()
    const attrs = MemTxAttrs.of({ memory: true })
    map(0, PAGE)
    map(1, 0x10000)
    expect([bus.load32(0, attrs), bus.result]).toEqual([0x0101_0101, OK])
    expect([bus.load32(PAGE, attrs), bus.result]).toEqual([0, MemTxResult.ACCESS_ERROR])
    expect([bus.load64(2 * PAGE, attrs), bus.result]).toEqual([0n, MemTxResult.ACCESS_ERROR])
  })
})

describe('K2 translation', () => {
  test('a long request is split at the borders of pages; what was written before a fault stays', () => {
    const { bus, ram, map, asks } = iommuBoard()
    map(0, 6 * PAGE)
    map(1, 2 * PAGE)
    const data = new Uint8Array(2 * PAGE + 8).fill(0xee)
    expect(bus.write(PAGE - 4, data)).toBe(DECODE_ERROR)
    expect(ram.subarray(7 * PAGE - 4, 7 * PAGE)).toEqual(bytes(0xee, 0xee, 0xee, 0xee))
    expect(ram.subarray(2 * PAGE, 3 * PAGE).every(byte => byte === 0xee)).toBe(true)
    expect([ram[7 * PAGE], ram[3 * PAGE], ram[7 * PAGE - 5]]).toEqual([7, 3, 6])
    expect(asks.slice(0, 3).map(([address]) => address)).toEqual([PAGE - 4, PAGE, 2 * PAGE])
    map(2, 0)
    const read = new Uint8Array(PAGE + 4)
    expect(bus.read(PAGE + 2, read)).toBe(OK)
    expect([read[0], read[PAGE - 3], read[PAGE - 2], read[PAGE + 3]]).toEqual([0xee, 0xee, 0, 0])
  })

  test('bits under the mask are those of the address that is translated, above 2^32 too', () => {
    const { bus, table, memory, ram } = iommuBoard()
    const big = 2 ** 40
    table.set(0, { target: memory, translated: 0x3abc, mask: PAGE - 1, permissions: BOTH })
    expect(bus.load8(0x123)).toBe(3)
    ram[0x3123] = 0x77
    expect(bus.load8(0x123)).toBe(0x77)
    // All addresses from `big` on, as one block of 2^40 bytes.
    table.set(big / PAGE + 4, { target: memory, translated: 12345, mask: big - 1, permissions: BOTH })
    expect(bus.load32(big + 4 * PAGE + 4)).toBe(0x0404_0404)
    const top = 2 ** 53 - PAGE
    table.set(top / PAGE, { target: memory, translated: 2 * PAGE, mask: PAGE - 1, permissions: BOTH })
    expect(bus.load32(top + 4)).toBe(0x0202_0202)
    // More than 32 bits of an address lie under the mask.
    const ramRegion = memory.root.subregions[0] as MemoryRegion
    memory.root.addSubregion(2 ** 36, MemoryRegion.alias('high', ramRegion, PAGE, PAGE))
    table.set((big + 2 ** 36) / PAGE, { target: memory, translated: 5, mask: big - 1, permissions: BOTH })
    expect([bus.load32(big + 2 ** 36 + 8), bus.result]).toEqual([0x0101_0101, OK])
    table.set(1, { target: memory, translated: 99, mask: 2 ** 53 - 1, permissions: BOTH })
    expect(bus.load32(PAGE)).toBe(0x0101_0101)
  })

  test('MMIO behind it works, in pieces that the device takes, each translated', () => {
    const { bus, calls, map, asks } = iommuBoard()
    map(7, 0x10000)
    const data = new Uint8Array(7)
    expect(bus.read(7 * PAGE + 2, data)).toBe(OK)
    expect([...data]).toEqual([0x42, 0, 0x44, 0, 0, 0, 0x48])
    expect(calls).toEqual([
      ['read', 2, 2],
      ['read', 4, 4],
      ['read', 8, 1],
    ])
    expect(asks.map(([address]) => address - 7 * PAGE)).toEqual([2, 4, 8])
    calls.length = 0
    bus.store32(7 * PAGE + 4, 0xcafe)
    expect(bus.load64(7 * PAGE + 8)).toBe(0x4c_0000_0048n)
    expect(calls).toEqual([
      ['write', 4, 4, 0xcafe],
      ['read', 8, 4],
      ['read', 12, 4],
    ])
  })

  test.each(['little', 'big'] as const)('values are in the %s-endian order of the bus', endian => {
    const { bus, ram, calls, map } = iommuBoard({}, endian)
    map(0, 0)
    map(1, 0x10000)
    ram.set([1, 2, 3, 4, 5, 6, 7, 8])
    const little = endian === 'little'
    expect(bus.load16(0)).toBe(little ? 0x0201 : 0x0102)
    expect(bus.load32be(0)).toBe(0x0102_0304)
    expect(bus.load64le(0)).toBe(0x0807_0605_0403_0201n)
    expect(bus.load64Pair(0)).toBe(little ? 0x0403_0201 : 0x0506_0708)
    bus.store32(0, 0x0a0b_0c0d)
    expect([...ram.subarray(0, 4)]).toEqual(little ? [0xd, 0xc, 0xb, 0xa] : [0xa, 0xb, 0xc, 0xd])
    // A native device gets the number that was stored.
    bus.store32(PAGE, 0x1234)
    expect(calls).toEqual([['write', 0, 4, 0x1234]])
  })

  test('one IOMMU behind another: both translate, and the smaller block ends a piece', () => {
    const { bus, map, asks } = iommuBoard()
    map(4, 3 * PAGE)
    const offsets: number[] = []
    const outer = new IommuMemoryRegion(
      'outer',
      {
        translate(address) {
          offsets.push(address)
          return { target: bus, translated: 4 * PAGE + 0x100, mask: 0xff, permissions: READ }
        },
      },
      2 ** 53,
    )
    const far = new AddressSpace('far', outer)
    const data = new Uint8Array(0x180)
    expect(far.read(0xe0, data)).toBe(OK)
    expect(data.every(byte => byte === 3)).toBe(true)
    expect(offsets).toEqual([0xe0, 0x100, 0x200])
    expect(asks.map(([address]) => address)).toEqual([4 * PAGE + 0x1e0, 4 * PAGE + 0x100, 4 * PAGE + 0x100])
    expect(far.write(0, bytes(1))).toBe(DECODE_ERROR)
  })

  test('IOMMUs that lead in a circle are a fault: an end is made of it', () => {
    let asked = 0
    const region = new IommuMemoryRegion(
      'circle',
      {
        translate(): IommuTlbEntry {
          asked++
          return { target: space, translated: 0, mask: 0xfff, permissions: BOTH }
        },
      },
      PAGE,
    )
    const space = new AddressSpace('circle', region)
    expect([space.load32(16), space.result]).toEqual([0, DECODE_ERROR])
    expect(asked).toBe(16)
    expect(space.write(0, new Uint8Array(12))).toBe(DECODE_ERROR)
    space.writeRom(0, bytes(1, 2, 3))
  })

  test('I1, I2 an access over the end of a block is none of memory, and one of a device', () => {
    const { bus, calls, map, ram } = iommuBoard()
    map(0, PAGE)
    map(1, 2 * PAGE)
    expect([bus.load32(PAGE - 2), bus.result]).toEqual([0, DECODE_ERROR])
    bus.store32(PAGE - 2, 0xffff_ffff)
    expect([bus.result, ram[2 * PAGE - 1]]).toEqual([DECODE_ERROR, 1])
    expect([bus.load64(PAGE - 4), bus.result]).toEqual([0n, DECODE_ERROR])
    bus.store64(PAGE - 4, 1n)
    expect([bus.result, ram[2 * PAGE - 4]]).toEqual([DECODE_ERROR, 1])
    map(0, 0x10000)
    // A device is asked, and rejects what is unaligned.
    expect([bus.load32(PAGE - 2), bus.result, calls]).toEqual([0, DECODE_ERROR, []])
  })

  test.each(['little', 'big'] as const)(
    'a %s-endian ROM device: an access over the end of a block is its handlers',
    endianness => {
      const { bus, map, memory, ram } = iommuBoard()
      const calls: number[] = []
      const flash = MemoryRegion.romDevice(
        'flash',
        {
          read(offset) {
            calls.push(offset)
            return 0x5a
          },
          write: () => undefined,
          endianness,
          valid: { unaligned: true },
        },
        (memory.root.subregions[0] as MemoryRegion).block as NonNullable<MemoryRegion['block']>,
      )
      memory.root.addSubregion(0x100000, flash)
      map(0, 0x100000)
      ram[16] = 0x99
      expect([bus.load8(16), calls]).toEqual([0x99, []])
      expect([bus.load32(PAGE - 2), calls]).toEqual([endianness === 'little' ? 0x5a : 0x5a00_0000, [PAGE - 2]])
      expect(bus.load64(PAGE - 4)).toBe(endianness === 'little' ? 0x5a_0000_005an : 0x5a00_0000_5a00_0000n)
    },
  )

  test('fills and firmware go through it; a fill of a fault is one', () => {
    const { bus, map, ram, asks } = iommuBoard()
    map(0, 4 * PAGE)
    expect(bus.fill(0, 0x11, PAGE)).toBe(OK)
    expect(ram.subarray(4 * PAGE, 5 * PAGE).every(byte => byte === 0x11)).toBe(true)
    expect(bus.fill(PAGE - 1, 0x22, 2)).toBe(DECODE_ERROR)
    expect(ram[5 * PAGE - 1]).toBe(0x22)
    asks.length = 0
    bus.writeRom(PAGE - 2, bytes(1, 2, 3, 4))
    expect([ram[5 * PAGE - 2], ram[5 * PAGE - 1], ram[5 * PAGE]]).toEqual([1, 2, 5])
    expect(asks.map(([address]) => address)).toEqual([PAGE - 2, PAGE])
  })

  test('what translate does in between, another translation too, is no matter', () => {
    const { bus, map, memory } = iommuBoard()
    map(0, PAGE)
    const nested = new IommuMemoryRegion(
      'walker',
      {
        translate(address) {
          // Its page table lies behind the other one.
          const translated = bus.load8(address % PAGE) * 3 * PAGE
          bus.read(8, new Uint8Array(4))
          return { target: memory, translated, mask: PAGE - 1, permissions: BOTH }
        },
      },
      2 ** 32,
    )
    const space = new AddressSpace('space', nested)
    expect([space.load32(4 * PAGE + 4), space.result]).toEqual([0x0303_0303, OK])
  })

  test('a space that is destroyed, and one that shows nothing there, are a fault', () => {
    const { bus, map, memory } = iommuBoard()
    map(0, 0x9_0000_0000)
    map(1, 0)
    expect([bus.load8(0), bus.result]).toEqual([0, DECODE_ERROR])
    memory.destroy()
    expect([bus.load8(PAGE), bus.result]).toEqual([0, DECODE_ERROR])
  })

  test('what is behind is looked up for each access, in the map as it is then', () => {
    const { bus, map, memory } = iommuBoard()
    map(0, 0)
    expect(bus.load8(1)).toBe(0)
    map(0, PAGE)
    expect(bus.load8(1)).toBe(1)
    memory.root.subregions[0]?.setEnabled(false)
    expect([bus.load8(1), bus.result]).toEqual([0, DECODE_ERROR])
  })

  test('G7 an IOMMU has no guard of its own, and the devices behind it keep theirs', () => {
    const results: number[] = []
    const inner = guardBoard([
      {
        read: () => {
          bus.load8(4)
          results.push(bus.result)
          return 1
        },
        write: () => undefined,
      },
    ])
    const translate = () => ({ target: inner, translated: 0, mask: 0xf, permissions: BOTH })
    const bus = new AddressSpace('bus', new IommuMemoryRegion('iommu', { translate }, 16))
    expect([bus.load8(0), results]).toEqual([1, [MemTxResult.ACCESS_ERROR]])
  })
})

describe('K3 after a fault', () => {
  test('pieces are of at most 4 bytes, as the address is aligned, and each is translated again', () => {
    const { bus, asks } = iommuBoard()
    const data = new Uint8Array(11).fill(0xff)
    expect(bus.read(0x1001, data)).toBe(DECODE_ERROR)
    expect(data.every(byte => byte === 0)).toBe(true)
    expect(asks.map(([address]) => address)).toEqual([0x1001, 0x1002, 0x1004, 0x1008])
    asks.length = 0
    expect(bus.write(8, new Uint8Array(9))).toBe(DECODE_ERROR)
    expect(asks.map(([address]) => address)).toEqual([8, 12, 16])
  })

  test('what is mapped meanwhile is found', () => {
    const { bus, table, map, asks } = iommuBoard()
    const data = new Uint8Array(8).fill(0xff)
    const get = table.get.bind(table)
    table.get = page => {
      if (asks.length === 2) map(0, 5 * PAGE)
      return get(page)
    }
    expect(bus.read(0, data)).toBe(DECODE_ERROR)
    expect([...data]).toEqual([0, 0, 0, 0, 5, 5, 5, 5])
  })
})

test('D3 the offset of a fault is the untranslated address: the pieces are aligned as that is', () => {
  const { asks, iommu } = iommuBoard()
  const root = MemoryRegion.container('root', 256)
  root.addSubregion(0x13, iommu)
  const space = new AddressSpace('space', root)
  space.read(0x15, new Uint8Array(6))
  expect(asks.map(([address]) => address)).toEqual([2, 4])
})

test('K6 a flat view shows it as one range of type i/o', () => {
  const { bus, iommu } = iommuBoard()
  expect(shown(bus)).toEqual([[0, 2 ** 53, 'iommu', 0]])
  expect(iommu.kind).toBe('iommu')
  expect(iommu).toBeInstanceOf(MemoryRegion)
  expect(formatFlatView(bus)).toMatch(/^ *0000000000000000-ffffffffffffffff \(prio 0, i\/o\): iommu/m)
})

describe('refusals', () => {
  // biome-ignore lint/suspicious/noExplicitAny: what is tested is what types would forbid
  const bad = (value: unknown): any => value
  const translate = () => bad(undefined)
  test.each([
    ['no ops', undefined, TypeError, /^ops must be an object, got undefined/],
    ['no translate', {}, TypeError, /^ops.translate must be a function, got undefined/],
    ['attrsToIndex', { translate, attrsToIndex: 0 }, TypeError, /^ops.attrsToIndex must be a function, got 0/],
    ['notifyFlagChanged', { translate, notifyFlagChanged: true }, TypeError, /^ops.notifyFlagChanged .*got true/],
    ['replay', { translate, replay: {} }, TypeError, /^ops.replay .*got an object/],
    ['indexes', { translate, indexes: 0 }, RangeError, /^ops.indexes .*got 0/],
    ['minPageSize', { translate, minPageSize: 3000 }, RangeError, /^ops.minPageSize .*got 3000/],
    ['minPageSize NaN', { translate, minPageSize: Number.NaN }, RangeError, /^ops.minPageSize .*got NaN/],
  ])('ops: %s', (_what, ops, kind, text) => {
    const make = () => new IommuMemoryRegion('iommu', bad(ops), 16)
    expect(make).toThrow(kind)
    expect(make).toThrow(text)
  })

  test('S1.1 name, size, and a cache mode', () => {
    expect(() => new IommuMemoryRegion('', { translate }, 16)).toThrow(/^name /)
    for (const size of [0, -1, Number.NaN, 1.5, 2 ** 65])
      expect(() => new IommuMemoryRegion('iommu', { translate }, size)).toThrow(RangeError)
    expect(() => new IommuMemoryRegion('iommu', { translate }, bad('16'))).toThrow(/^size must be a number/)
    expect(() => new IommuMemoryRegion('iommu', { translate }, 16, bad({ cacheMode: 'normal' }))).toThrow(
      /^options must have keys among none, got "cacheMode"$/,
    )
  })

  const good = { translated: 0, mask: 0xfff, permissions: BOTH }
  test.each([
    ['no permissions', { permissions: undefined }, TypeError, /^permissions of the entry .*got undefined/],
    ['permissions', { permissions: 4 }, RangeError, /^permissions of the entry .*got 4/],
    ['a target', { target: {} }, TypeError, /^target of the entry must be an AddressSpace, got an object/],
    ['translated NaN', { translated: Number.NaN }, RangeError, /^translated of the entry .*got NaN/],
    ['translated -1', { translated: -1 }, RangeError, /^translated of the entry .*got -1/],
    ['translated 2^53', { translated: 2 ** 53 }, RangeError, /^translated of the entry .*got 9007199254740992/],
    ['a bigint', { translated: 0n }, TypeError, /^translated of the entry .*got 0/],
    ['mask 2', { mask: 2 }, RangeError, /^mask of the entry must be a power of two less 1, got 2/],
    ['mask 2^32', { mask: 2 ** 32 }, RangeError, /^mask of the entry must be a power of two less 1, got 4294967296/],
    ['mask 3 * 2^40 - 1', { mask: 3 * 2 ** 40 - 1 }, RangeError, /^mask of the entry must be a power of two less 1/],
    ['mask 2^53', { mask: 2 ** 53 }, RangeError, /^mask of the entry .*got 9007199254740992/],
    ['mask NaN', { mask: Number.NaN }, RangeError, /^mask of the entry .*got NaN/],
  ])('an entry: %s', (_what, fields, kind, text) => {
    const { bus, table, memory, map } = iommuBoard()
    table.set(0, bad({ target: memory, ...good, ...fields }))
    for (const access of [
      () => bus.load32(0),
      () => bus.write(0, bytes(1)),
      () => bus.load64(0),
      () => bus.writeRom(0, bytes(1)),
    ]) {
      expect(access).toThrow(kind)
      expect(access).toThrow(text)
    }
    // It is usable again.
    map(0, PAGE)
    expect(bus.load8(0)).toBe(1)
  })

  test('an entry: none at all', () => {
    const bus = new AddressSpace('bus', new IommuMemoryRegion('iommu', { translate }, 16))
    expect(() => bus.load8(0)).toThrow(/^what translate returns must be an object, got undefined/)
  })

  test('an index that there is not', () => {
    for (const index of [1, -1, Number.NaN, 0.5]) {
      const { bus } = iommuBoard({ attrsToIndex: () => index })
      expect(() => bus.load8(0)).toThrow(/^what attrsToIndex returns must be an integer from 0 to 0, got/)
    }
  })

  test('a fault needs no other field', () => {
    const { bus, table } = iommuBoard()
    table.set(0, bad({ permissions: NONE }))
    expect([bus.load8(0), bus.result]).toEqual([0, DECODE_ERROR])
  })

  test('what translate throws reaches the caller', () => {
    const { bus, table } = iommuBoard()
    table.get = () => {
      throw new Error('walk')
    }
    expect(() => bus.load8(0)).toThrow('walk')
  })
})
