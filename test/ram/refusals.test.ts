import {
  AddressSpace,
  GuestRam,
  MemoryRegion,
  MemTxResult,
  ramCopy,
  ramFill,
  ramMove,
  readl,
  writeq,
  writew,
} from 'guestmem'
import { describe, expect, test } from 'vitest'

// biome-ignore lint/suspicious/noExplicitAny: what is tested is what types would forbid
const bad = (value: unknown): any => value

const ram = GuestRam.allocate(1 << 16)
const block = ram.block('block', 4096)
const user = new Uint8Array(64)

const detached = new Uint8Array(16)
structuredClone(detached.buffer, { transfer: [detached.buffer] })
const Resizable = ArrayBuffer as unknown as new (
  bytes: number,
  options: { maxByteLength: number },
) => ArrayBuffer & { resize(bytes: number): void }
const buffer = new Resizable(64, { maxByteLength: 128 })
const shrunk = new Uint8Array(buffer, 32, 32)
buffer.resize(16)

describe('each refuses by name and value, and nothing changes', () => {
  test.each<[string, ErrorConstructor, RegExp, () => unknown]>([
    ['allocate 0', RangeError, /^bytes .*got 0$/, () => GuestRam.allocate(0)],
    ['allocate NaN', RangeError, /^bytes .*got NaN$/, () => GuestRam.allocate(Number.NaN)],
    ['allocate a fraction', RangeError, /^bytes .*got 1.5$/, () => GuestRam.allocate(1.5)],
    ['allocate over 4 GiB', RangeError, /^bytes .*got 4294967297$/, () => GuestRam.allocate(2 ** 32 + 1)],
    ['allocate a string', TypeError, /^bytes .*got "1"$/, () => GuestRam.allocate(bad('1'))],
    ['an unknown option', TypeError, /^options .*got "ordre"$/, () => GuestRam.allocate(1, bad({ ordre: 'host' }))],
    ['an order', TypeError, /^options.order .*got "fast"$/, () => GuestRam.allocate(1, bad({ order: 'fast' }))],
    ['a lane', TypeError, /^options.lane .*got 1$/, () => GuestRam.allocate(1, bad({ lane: 1 }))],
    [
      'a scratch limit',
      RangeError,
      /^options.scratchLimit .*got -1$/,
      () => GuestRam.allocate(1, { scratchLimit: -1 }),
    ],
    ['wrap an object', TypeError, /^buffer /, () => GuestRam.wrap(bad({ byteLength: 8 }))],
    ['wrap nothing', RangeError, /^buffer.byteLength .*got 0$/, () => GuestRam.wrap(new SharedArrayBuffer(0))],
    ['wrap for kernels', TypeError, /lane is "wasm"/, () => GuestRam.wrap(new SharedArrayBuffer(8), { lane: 'wasm' })],
    ['attach nothing', TypeError, /^handle .*got null$/, () => GuestRam.attach(bad(null))],
    ['a block of 0', RangeError, /^bytes .*got 0$/, () => ram.block('b', 0)],
    [
      'a block that is too large',
      RangeError,
      /^bytes .*the 61440 that are left.*got 65536$/,
      () => ram.block('b', 1 << 16),
    ],
    ['a block without a name', TypeError, /^name .*got ""$/, () => ram.block('', 1)],
    ['copy of two arrays', TypeError, /must be a RamBlock/, () => ramCopy(user, 0, user, 0, 1)],
    ['copy of nothing', TypeError, /^src .*got undefined$/, () => ramCopy(block, 0, bad(undefined), 0, 1)],
    ['copy of a plain list', TypeError, /^src .*got an array$/, () => ramCopy(block, 0, bad([1, 2, 3]), 0, 1)],
    ['copy below 0', RangeError, /^dstOffset .*got -1$/, () => ramCopy(block, -1, user, 0, 1)],
    ['copy at a fraction', RangeError, /^srcOffset .*got 0.5$/, () => ramCopy(block, 0, user, 0.5, 1)],
    ['copy over the end', RangeError, /^length .*got 65$/, () => ramCopy(block, 0, user, 0, 65)],
    ['copy over 2^53', RangeError, /^dstOffset .*got 9007199254740994$/, () => ramCopy(block, 2 ** 53 + 2, user, 0, 1)],
    ['copy of NaN bytes', RangeError, /^length .*got NaN$/, () => ramMove(block, 0, user, 0, Number.NaN)],
    ['copy that overlaps', RangeError, /overlap/, () => ramCopy(block, 4, block, 0, 8)],
    ['copy from a detached array', TypeError, /^src .*detached or resized/, () => ramCopy(block, 0, detached, 0, 1)],
    ['copy to a shrunk array', TypeError, /^dst .*detached or resized/, () => ramCopy(shrunk, 0, block, 0, 1)],
    ['fill with 256', RangeError, /^value .*got 256$/, () => ramFill(block, 0, 256, 1)],
    ['fill of an array', TypeError, /^dst /, () => ramFill(bad(user), 0, 1, 1)],
    ['readl over the end', RangeError, /^offset .*got 4093$/, () => readl(block, 4093)],
    ['writew at NaN', RangeError, /^offset .*got NaN$/, () => writew(block, Number.NaN, 1)],
    ['writeq of a number', TypeError, /^value .*got 1$/, () => writeq(block, 0, bad(1))],
  ])('%s', (_what, kind, text, call) => {
    const before = block.view().slice()
    expect(call).toThrow(kind)
    expect(call).toThrow(text)
    expect(block.view()).toEqual(before)
    expect(ram.blocks).toHaveLength(1)
  })
})

describe('an address space', () => {
  const root = MemoryRegion.container('root', 2 ** 32)
  root.addSubregion(0, MemoryRegion.ram('ram', block))
  root.addSubregion(0x10000, MemoryRegion.io('io', { read: () => 0, write: () => undefined }, 16))
  const space = new AddressSpace('space', root)
  const calls: [string, (address: number) => unknown][] = [
    ['load8', address => space.load8(address)],
    ['load16', address => space.load16(address)],
    ['load32', address => space.load32(address)],
    ['load64', address => space.load64(address)],
    ['load64Pair', address => space.load64Pair(address)],
    ['store8', address => space.store8(address, 1)],
    ['store16', address => space.store16(address, 1)],
    ['store32', address => space.store32(address, 1)],
    ['store64', address => space.store64(address, 1n)],
    ['store64Pair', address => space.store64Pair(address, 1, 1)],
    ['read', address => space.read(address, user)],
    ['write', address => space.write(address, user)],
    ['fill', address => space.fill(address, 1, 4)],
  ]
  /** Those that take a guest's numbers: past 2^53 nothing is there, and bigints are numbers. */
  const GUEST = ['read', 'write', 'fill']

  test.each(calls)('%s refuses an address that is none', (name, call) => {
    const before = block.view().slice()
    for (const address of [-1, 0.5, 4.25, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => call(address)).toThrow(/^address must be an integer .*, got /)
    if (GUEST.includes(name)) expect(call(2 ** 53)).toBe(MemTxResult.DECODE_ERROR)
    else
      expect(() => call(2 ** 53)).toThrow(
        /^address must be an integer from 0 to 9007199254740991, got 9007199254740992/,
      )
    expect(block.view()).toEqual(before)
  })

  test.each(calls)('%s refuses what is no number', (name, call) => {
    const before = block.view().slice()
    for (const address of [
      '0',
      '8',
      ...(GUEST.includes(name) ? [] : [8n]),
      null,
      undefined,
      true,
      [8],
      { valueOf: () => 8 },
      Symbol('8'),
    ]) {
      space.load8(0)
      expect(() => call(bad(address))).toThrow(TypeError)
      // Also where a device was accessed last.
      space.load8(0x10000)
      expect(() => call(bad(address))).toThrow(TypeError)
    }
    expect(block.view()).toEqual(before)
  })

  test.each<[string, RegExp, () => unknown]>([
    ['attributes', /^attrs /, () => space.load32(1, bad({ strict: true }))],
    ['attributes of a write', /^attrs /, () => space.write(0, user, bad('strict'))],
    ['bytes', /^bytes .*got an array$/, () => space.write(0, bad([1]))],
    ['detached bytes', /^bytes .*detached/, () => space.read(0, detached)],
    ['a fill value', /^value .*got -1$/, () => space.fill(0, -1, 1)],
    ['a fill length', /^length .*got NaN$/, () => space.fill(0, 1, Number.NaN)],
    ['a 64-bit number', /^value .*got 1$/, () => space.store64(0, bad(1))],
    ['a root', /^root .*got null$/, () => new AddressSpace('s', bad(null))],
    ['a byte order', /^options.endian .*got "middle"$/, () => new AddressSpace('s', root, bad({ endian: 'middle' }))],
    ['an option', /^options .*got "endianness"$/, () => new AddressSpace('s', root, bad({ endianness: 'big' }))],
  ])('refuses %s', (_what, text, call) => {
    expect(call).toThrow(text)
  })

  test('what a guest can cause never throws', () => {
    for (const address of [4094, 4096, 2 ** 32, 2 ** 53 - 1]) {
      expect(space.load32(address)).toBe(0)
      expect(space.result).toBe(MemTxResult.DECODE_ERROR)
    }
    const stale = new Uint8Array(16).fill(0xaa)
    expect(space.read(2 ** 53 - 8, stale)).toBe(MemTxResult.DECODE_ERROR)
    expect([...stale]).toEqual(new Array(16).fill(0))
  })
})
