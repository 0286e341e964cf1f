import { AddressSpace, GuestRam, MemoryRegion, MemoryRegionCache, MemTxAttrs, MemTxResult, SparseRam } from 'guestmem'
import { describe, expect, test } from 'vitest'
import { bytes, PAGE } from '../support/board.ts'
import { type Call, counting, recorder } from '../support/device.ts'
import { iommuBoard } from '../support/iommu-board.ts'

const { OK, DECODE_ERROR } = MemTxResult

/** RAM at 0x1000 and more of another block behind it, a device of 4-byte registers at 0x8000, a ROM at 0xa000. */
function board(endian: 'little' | 'big' = 'little') {
  const guest = GuestRam.allocate(8 * PAGE)
  const [first, second, third] = ['first', 'second', 'third'].map(name => guest.block(name, PAGE))
  if (first === undefined || second === undefined || third === undefined) throw new Error('blocks')
  const ram = MemoryRegion.ram('ram', [first, second])
  const root = MemoryRegion.container('root', 2 ** 40)
  const calls: Call[] = []
  const device = MemoryRegion.io(
    'device',
    recorder(calls, { endianness: 'little', valid: { minSize: 4, maxSize: 4 } }, counting('little')),
    32,
  )
  root.addSubregion(0x1000, ram)
  root.addSubregion(0x8000, device)
  root.addSubregion(0xa000, MemoryRegion.rom('rom', third))
  const view = first.view()
  for (const i of view.keys()) view[i] = i
  third.view().fill(0x77)
  return { root, ram, device, calls, view, space: new AddressSpace('space', root, { endian }) }
}

describe('J5 of RAM', () => {
  test.each(['little', 'big'] as const)('accesses are those of the space, %s-endian', endian => {
    const { space, view } = board(endian)
    const cache = new MemoryRegionCache(space, 0x1004, 0x100, { write: true })
    expect([cache.direct, cache.length, cache.address, cache.region?.name]).toEqual([true, 0x100, 0x1004, 'ram'])
    expect(cache.endian).toBe(endian)
    for (const offset of [0, 1, 4, 0xf8]) {
      const at = 0x1004 + offset
      expect(cache.load8(offset)).toBe(space.load8(at))
      expect(cache.load16(offset)).toBe(space.load16(at))
      expect(cache.load32(offset)).toBe(space.load32(at))
      expect(cache.load64(offset)).toBe(space.load64(at))
      expect(cache.load32be(offset)).toBe(space.load32be(at))
      expect(cache.load64le(offset)).toBe(space.load64le(at))
      const data = new Uint8Array(8)
      expect([cache.read(offset, data), cache.result]).toEqual([OK, OK])
      expect(data).toEqual(view.slice(4 + offset, 12 + offset))
    }
    cache.store8(0, 0x1ff)
    cache.store16(2, 0x1234)
    cache.store32(4, 0x89abcdef)
    cache.store64(8, -2n)
    cache.store32le(16, 0x01020304)
    expect(cache.write(20, bytes(9, 8, 7))).toBe(OK)
    const little = endian === 'little'
    expect([...view.slice(4, 28)]).toEqual([
      ...[0xff, 5],
      ...(little ? [0x34, 0x12] : [0x12, 0x34]),
      ...(little ? [0xef, 0xcd, 0xab, 0x89] : [0x89, 0xab, 0xcd, 0xef]),
      ...(little ? [0xfe, 255, 255, 255, 255, 255, 255, 255] : [255, 255, 255, 255, 255, 255, 255, 0xfe]),
      ...[4, 3, 2, 1, 9, 8, 7, 27],
    ])
  })

  test('it is shorter than asked where another region, another block or nothing begins', () => {
    const { space, root } = board()
    const length = (address: number, asked = 0x10000): number => new MemoryRegionCache(space, address, asked).length
    expect(length(0x1ff0)).toBe(0x10)
    expect(length(0x2000)).toBe(PAGE)
    expect(length(0x1ff0, 8)).toBe(8)
    expect(length(0x3000)).toBe(0x5000)
    const over = MemoryRegion.reservation('over', 16)
    root.addSubregion(0x1800, over, 1)
    expect(length(0x1000)).toBe(0x800)
    expect(length(0x2000, 2 ** 53)).toBe(PAGE)
  })

  test('J1 ranges of one region at contiguous offsets are one, whatever they are shown through', () => {
    const { space, root, ram } = board()
    const window = MemoryRegion.alias('window', ram, 0x400, 0x400)
    window.setReadonly(true)
    root.addSubregion(0x1400, window, 1)
    expect(space.view.ranges.filter(({ region }) => region === ram)).toHaveLength(3)
    const cache = new MemoryRegionCache(space, 0x13fe, 0x1000, { write: true })
    expect(cache.length).toBe(0xc02)
    cache.store32(0, 0xaabbccdd)
    expect([cache.result, space.load16(0x1400)]).toEqual([OK, 0xaabb])
    window.setAliasOffset(0)
    expect(new MemoryRegionCache(space, 0x13fe, 0x1000).length).toBe(2)
  })

  test('RAM above 2^32', () => {
    const { root, ram, space, view } = board()
    root.addSubregion(2 ** 36, MemoryRegion.alias('high', ram, 0x10, 0x100))
    const cache = new MemoryRegionCache(space, 2 ** 36 + 8, 16, { write: true })
    expect(cache.load32(0)).toBe(0x1b1a1918)
    cache.store8(1, 0x55)
    expect([view[0x19], cache.stale]).toEqual([0x55, false])
  })

  test('a cache for reading takes no store; of a ROM it is direct', () => {
    const { space } = board()
    const cache = new MemoryRegionCache(space, 0xa000, 16)
    expect([cache.direct, cache.load32(0)]).toEqual([true, 0x7777_7777])
    for (const store of [
      () => cache.store8(0, 1),
      () => cache.store16(0, 1),
      () => cache.store32(0, 1),
      () => cache.store64(0, 1n),
      () => cache.write(0, bytes(1)),
    ])
      expect(store).toThrow(/^options.write must be true .*got false/)
    // For writing it is not: reads are, writes are rejected.
    const both = new MemoryRegionCache(space, 0xa000, 16, { write: true })
    expect([both.direct, both.load32(0), both.result]).toEqual([false, 0x7777_7777, OK])
    both.store32(0, 1)
    expect([both.result, both.write(0, bytes(1)), both.load8(0)]).toEqual([DECODE_ERROR, DECODE_ERROR, 0x77])
  })
})

describe('J5 of a device, the slow mode', () => {
  test('E4 pieces are those that the device takes, and all of them in the region: QEMU 7.2 loses it at the second', () => {
    const { space, calls } = board()
    const cache = new MemoryRegionCache(space, 0x8008, 0x1000, { write: true })
    expect([cache.direct, cache.length, cache.region?.name]).toEqual([false, 24, 'device'])
    const data = new Uint8Array(12)
    expect(cache.read(4, data)).toBe(OK)
    expect([...data]).toEqual(Array.from({ length: 12 }, (_, i) => 0x1c + i))
    expect(cache.write(0, data.subarray(0, 8))).toBe(OK)
    expect(calls).toEqual([
      ['read', 12, 4],
      ['read', 16, 4],
      ['read', 20, 4],
      ['write', 8, 4, 0x1f1e1d1c],
      ['write', 12, 4, 0x23222120],
    ])
    expect([cache.read(1, data), data[0], data[3]]).toEqual([DECODE_ERROR, 0, 0x1c])
  })

  test('I1 a load is one access, never split', () => {
    const { space, calls } = board('big')
    const cache = new MemoryRegionCache(space, 0x8000, 32, { write: true })
    expect([cache.load32(4), cache.result]).toEqual([0x14151617, OK])
    expect([cache.load32(2), cache.result]).toEqual([0, DECODE_ERROR])
    expect([cache.load64(0), cache.result]).toEqual([0n, DECODE_ERROR])
    cache.store16(0, 1)
    expect(cache.result).toBe(DECODE_ERROR)
    cache.store32(8, 0x01020304)
    expect(calls).toEqual([
      ['read', 4, 4],
      ['write', 8, 4, 0x04030201],
    ])
  })

  test('where nothing is mapped, all is rejected', () => {
    const { space } = board()
    const cache = new MemoryRegionCache(space, 0x7ff8, 64, { write: true })
    expect([cache.region, cache.length, cache.direct]).toEqual([undefined, 8, false])
    expect([cache.load32(0), cache.result]).toEqual([0, DECODE_ERROR])
    const data = bytes(1, 2, 3)
    expect([cache.read(0, data), [...data]]).toEqual([DECODE_ERROR, [0, 0, 0]])
  })

  test('K2 an IOMMU is asked for each access', () => {
    const { bus, map, asks, table, ram } = iommuBoard()
    const cache = new MemoryRegionCache(bus, PAGE + 0x800, 2 * PAGE, { write: true })
    expect([cache.direct, cache.length]).toEqual([false, 2 * PAGE])
    expect([cache.load8(0), cache.result]).toEqual([0, DECODE_ERROR])
    map(1, 4 * PAGE)
    map(2, 6 * PAGE)
    expect([cache.load8(0), cache.result]).toEqual([4, OK])
    asks.length = 0
    expect(cache.write(0x7f8, new Uint8Array(16).fill(0xaa))).toBe(OK)
    expect(asks.map(([address]) => address)).toEqual([0x1ff8, 0x2000])
    expect([ram[5 * PAGE - 1], ram[6 * PAGE], ram[6 * PAGE + 8]]).toEqual([0xaa, 0xaa, 6])
    table.clear()
    expect([cache.load8(0), cache.result, cache.stale]).toEqual([0, DECODE_ERROR, false])
  })

  test('E8 an access for memory alone is refused', () => {
    const { space, calls } = board()
    const attrs = MemTxAttrs.of({ memory: true })
    const cache = new MemoryRegionCache(space, 0x8000, 32)
    expect([cache.load32(0, attrs), cache.result]).toEqual([0, MemTxResult.ACCESS_ERROR])
    expect([cache.read(0, new Uint8Array(8), attrs), calls]).toEqual([MemTxResult.ACCESS_ERROR, []])
  })
})

function otherRam(): MemoryRegion {
  return MemoryRegion.ram('other', GuestRam.allocate(PAGE).block('other', PAGE))
}

describe('J5 stale', () => {
  test('after a change at its addresses; what is accessed stays what it was', () => {
    const { space, root, ram, view } = board()
    const cache = new MemoryRegionCache(space, 0x1000, 64, { write: true })
    expect(cache.stale).toBe(false)
    ram.setAddress(0x4000)
    expect(cache.stale).toBe(true)
    expect([cache.load32(4), cache.result]).toEqual([0x07060504, OK])
    cache.store8(0, 0x99)
    expect(view[0]).toBe(0x99)
    ram.setAddress(0x1000)
    // The same is seen again.
    expect(cache.stale).toBe(false)
    const over = MemoryRegion.reservation('over', 1)
    root.addSubregion(0x103f, over, 1)
    expect(cache.stale).toBe(true)
    over.setAddress(0x1040)
    expect(cache.stale).toBe(false)
  })

  test('not by changes elsewhere, nor by how it is shown', () => {
    const { space, root, ram } = board()
    const cache = new MemoryRegionCache(space, 0x1000, 64)
    const { view } = space
    root.addSubregion(0x9000, MemoryRegion.reservation('elsewhere', 16))
    ram.setNonvolatile(true)
    expect(space.view).not.toBe(view)
    expect([cache.stale, cache.stale]).toEqual([false, false])
  })

  test.each([
    ['another offset', ({ ram }) => ram.setAddress(0xff0)],
    ['disabled', ({ ram }) => ram.setEnabled(false)],
    ['a ROM now', ({ ram }) => ram.setReadonly(true)],
    ['shorter', ({ ram }) => ram.setSize(0x2f)],
    ['a space that is destroyed', ({ space }) => space.destroy()],
    ['another part of it', ({ root, ram }) => root.addSubregion(0x1000, MemoryRegion.alias('a', ram, 1, 64), 1)],
    ['other RAM', ({ root }) => root.addSubregion(0x1000, otherRam(), 1)],
  ] satisfies [string, (of: ReturnType<typeof board>) => void][])('by %s', (_what, change) => {
    const made = board()
    const cache = new MemoryRegionCache(made.space, 0x1010, 32, { write: true })
    change(made)
    expect(cache.stale).toBe(true)
    expect([cache.load8(0), cache.result]).toEqual([0x10, OK])
  })

  test('G7 a device that is readonly now has other handlers: without a guard', () => {
    const { space, device, root } = board()
    const cache = new MemoryRegionCache(space, 0x8000, 32)
    root.addSubregion(0x9000, MemoryRegion.reservation('elsewhere', 16))
    expect(cache.stale).toBe(false)
    device.setReadonly(true)
    expect(cache.stale).toBe(true)
  })

  test('what was nowhere, and is somewhere now', () => {
    const { space, root } = board()
    const cache = new MemoryRegionCache(space, 0x7000, 16)
    root.addSubregion(0x7010, MemoryRegion.reservation('behind', 16))
    expect(cache.stale).toBe(false)
    root.addSubregion(0x700f, MemoryRegion.reservation('there', 1))
    expect(cache.stale).toBe(true)
  })

  test('ROM devices: a change of mode', () => {
    const guest = GuestRam.allocate(2 * PAGE)
    const calls: Call[] = []
    const flash = MemoryRegion.romDevice(
      'flash',
      recorder(calls, {}, () => 7),
      guest.block('flash', PAGE),
    )
    const space = new AddressSpace('space', flash)
    const cache = new MemoryRegionCache(space, 0, 16)
    flash.setRomdMode(false)
    expect([cache.stale, cache.load8(0), calls]).toEqual([true, 0, []])
    expect(new MemoryRegionCache(space, 0, 16).load8(0)).toBe(7)
  })
})

describe("a guest's numbers", () => {
  const HIGH = [2 ** 53, 2n ** 53n, 2n ** 53n + 1n, 2n ** 64n - 1n, 2 ** 64] as const

  test.each(HIGH)('an address of %s is nowhere: each access is a DECODE_ERROR', address => {
    const { space } = board()
    const cache = new MemoryRegionCache(space, address, 64, { write: true })
    expect([cache.region, cache.direct, cache.length, cache.address, cache.stale]).toEqual([
      ...[undefined, false, 64],
      ...[2 ** 53, false],
    ])
    const data = bytes(1, 2, 3, 4)
    const accesses: (() => unknown)[] = [
      () => cache.load8(0),
      () => cache.load16(62),
      () => cache.load32(8),
      () => Number(cache.load64(56)),
      () => cache.store8(63, 1) ?? 0,
      () => cache.store32(0, 1) ?? 0,
      () => cache.store64(0, 1n) ?? 0,
    ]
    for (const access of accesses) expect([access(), cache.result]).toEqual([0, DECODE_ERROR])
    expect([cache.write(0, data), cache.read(60, data), [...data]]).toEqual([
      ...[DECODE_ERROR, DECODE_ERROR],
      [0, 0, 0, 0],
    ])
    expect(() => cache.load32(61)).toThrow(/^offset /)
  })

  test('a bigint below is a number; a length may be any', () => {
    const { space } = board()
    const cache = new MemoryRegionCache(space, 0x1004n, 8n)
    expect([cache.address, cache.length, cache.load32(0)]).toEqual([0x1004, 8, 0x0706_0504])
    for (const length of HIGH) expect(new MemoryRegionCache(space, 0x1ff0, length).length).toBe(0x10)
  })

  test('memory that ends at 2^53 ends the cache', () => {
    const { root } = board()
    root.setSize(2 ** 64)
    root.addSubregion(2 ** 53 - PAGE, otherRam())
    const space = new AddressSpace('space', root)
    const cache = new MemoryRegionCache(space, 2n ** 53n - 16n, 2n ** 32n, { write: true })
    expect([cache.length, cache.direct]).toEqual([16, true])
    cache.store64(8, 7n)
    expect([cache.load64(8), cache.result]).toEqual([7n, OK])
  })
})

test('S1 to ask whether it is stale allocates no sparse RAM', () => {
  const sparse = new SparseRam({ memoryBytes: PAGE })
  const root = MemoryRegion.container('root', 2 ** 20)
  const [first, second] = ['first', 'second'].map(name => MemoryRegion.ram(name, sparse.blocks(name, PAGE)))
  root.addSubregion(0, first as MemoryRegion)
  root.addSubregion(2 * PAGE, second as MemoryRegion)
  const space = new AddressSpace('space', root)
  const cache = new MemoryRegionCache(space, 0, 16)
  const allocated = sparse.allocatedBytes
  first?.setAddress(2 * PAGE)
  second?.setAddress(0)
  expect([cache.stale, sparse.allocatedBytes]).toEqual([true, allocated])
  expect(allocated).toBeLessThan(2 * PAGE)
})

test('options: own fields alone, and undefined is none', () => {
  const { space } = board()
  const store = (options?: { write?: boolean | undefined }) => () =>
    new MemoryRegionCache(space, 0x1000, 8, options).store8(0, 1)
  expect(store({ write: undefined })).toThrow(/^options.write must be true/)
  const everybodys = Object.prototype as { write?: unknown }
  everybodys.write = true
  try {
    for (const options of [undefined, {}, Object.create({ write: true })])
      expect(store(options)).toThrow(/^options.write must be true/)
  } finally {
    delete everybodys.write
  }
})

describe('refusals', () => {
  // biome-ignore lint/suspicious/noExplicitAny: what is tested is what types would forbid
  const bad = (value: unknown): any => value
  const { space, view } = board()
  test.each([
    ['space', [bad({}), 0, 1], TypeError, /^space must be an AddressSpace, got an object/],
    ['address', [space, -1, 1], RangeError, /^address .*got -1/],
    ['address NaN', [space, Number.NaN, 1], RangeError, /^address .*got NaN/],
    ['address -1n', [space, -1n, 1], RangeError, /^address .*got -1/],
    ['address, text', [space, bad('0'), 1], TypeError, /^address .*got "0"/],
    ['length 0', [space, 0, 0], RangeError, /^length .*got 0/],
    ['length NaN', [space, 0, Number.NaN], RangeError, /^length .*got NaN/],
    ['length, text', [space, 0, bad('8')], TypeError, /^length .*got "8"/],
    ['length 0n', [space, 0, 0n], RangeError, /^length .*got 0/],
    ['length 1.5', [space, 0, 1.5], RangeError, /^length .*got 1.5/],
    ['options', [space, 0, 1, bad(true)], TypeError, /^options must be an object, got true/],
    ['no options', [space, 0, 1, bad(null)], TypeError, /^options must be an object, got null/],
    ['write, null', [space, 0, 1, { write: bad(null) }], TypeError, /^options.write .*got null/],
    ['a misspelt option', [space, 0, 1, bad({ writes: true })], TypeError, /^options .*got "writes"/],
    ['write', [space, 0, 1, { write: bad('yes') }], TypeError, /^options.write .*got "yes"/],
  ] as const)('of the constructor: %s', (_what, args, kind, text) => {
    const make = () => new MemoryRegionCache(...(args as unknown as ConstructorParameters<typeof MemoryRegionCache>))
    expect(make).toThrow(kind)
    expect(make).toThrow(text)
  })

  const cache = new MemoryRegionCache(space, 0x1000, 16, { write: true })
  const forms: readonly (readonly [string, number, (offset: number) => unknown])[] = [
    ['load8', 1, offset => cache.load8(offset)],
    ['load16', 2, offset => cache.load16(offset)],
    ['load32', 4, offset => cache.load32(offset)],
    ['load64', 8, offset => cache.load64(offset)],
    ['load32be', 4, offset => cache.load32be(offset)],
    ['store8', 1, offset => cache.store8(offset, 1)],
    ['store16', 2, offset => cache.store16(offset, 1)],
    ['store32', 4, offset => cache.store32(offset, 1)],
    ['store64', 8, offset => cache.store64(offset, 1n)],
    ['read', 5, offset => cache.read(offset, new Uint8Array(5))],
    ['write', 5, offset => cache.write(offset, new Uint8Array(5))],
  ]
  test.each(forms)('J5 %s of %d bytes ends within it', (_what, size, access) => {
    const before = view.slice()
    for (const offset of [16 - size + 1, 16, -1, 0.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY]) {
      expect(() => access(offset)).toThrow(RangeError)
      expect(() => access(offset)).toThrow(new RegExp(`^offset .*got ${offset}$`))
    }
    expect(() => access(bad('0'))).toThrow(/^offset must be a number, got "0"/)
    expect(Buffer.compare(view, before)).toBe(0)
    access(16 - size)
    view.set(before)
  })

  test.each([undefined, null, '1', {}, [], true, 1n, Symbol('1'), Number.NaN, 0.5, Number.POSITIVE_INFINITY])(
    'a value that is no integer is not stored: %s',
    value => {
      const before = view.slice()
      // Whatever was accessed before: at the first access, and when the way there is known.
      for (const made of [new MemoryRegionCache(space, 0x1000, 16, { write: true }), cache])
        for (const store of [made.store8, made.store16, made.store32, made.store16be, made.store32le]) {
          const call = () => store.call(made, 0, bad(value))
          expect(call).toThrow(typeof value === 'number' ? RangeError : TypeError)
          expect(call).toThrow(/^value must be /)
        }
      for (const store of [cache.store64, cache.store64le, cache.store64be])
        if (typeof value !== 'bigint')
          expect(() => store.call(cache, 0, bad(value))).toThrow(/^value must be a bigint, got /)
      expect(Buffer.compare(view, before)).toBe(0)
    },
  )

  test('values are taken modulo what they are stored in, negative ones too', () => {
    cache.store8(0, -1)
    cache.store16(2, -2)
    cache.store32(4, -3)
    cache.store32(8, 2 ** 32 + 5)
    cache.store16(12, 2 ** 53)
    cache.store16be(14, -(2 ** 53) - 2)
    cache.store8(1, 0x1ab)
    expect([cache.load8(0), cache.load16(2), cache.load32(4), cache.load32(8), cache.load8(1)]).toEqual([
      0xff, 0xfffe, 0xffff_fffd, 5, 0xab,
    ])
    expect([cache.load16(12), cache.load16be(14)]).toEqual([0, 0xfffe])
  })

  test('data and attributes', () => {
    expect(() => cache.read(0, bad([1]))).toThrow(/^bytes must be a Uint8Array, got an array/)
    expect(() => cache.write(0, bad('x'))).toThrow(/^bytes must be a Uint8Array, got "x"/)
    expect(() => cache.store64(0, bad(1))).toThrow(/^value must be a bigint, got 1/)
    for (const access of [
      () => cache.load32(0, bad({})),
      () => cache.load64(0, bad({})),
      () => cache.store32(0, 1, bad({})),
      () => cache.store64(0, 1n, bad({})),
      () => cache.read(0, new Uint8Array(1), bad({})),
      () => cache.write(0, new Uint8Array(1), bad({})),
    ])
      expect(access).toThrow(/^attrs must be MemTxAttrs, got an object/)
    expect([cache.read(16, new Uint8Array(0)), cache.write(0, new Uint8Array(0))]).toEqual([OK, OK])
  })
})
