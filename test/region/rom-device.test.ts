import { AddressSpace, MemoryRegion, type MemoryRegionOps, MemTxAttrs, MemTxResult } from 'guestmem'
import { describe, expect, test } from 'vitest'
import { block, bytes, QUIET, shown } from '../support/board.ts'

const { OK, DECODE_ERROR } = MemTxResult

/** Writes down each access; reads give 0x5a in every byte. */
function recorder(extra: Partial<MemoryRegionOps> = {}) {
  const log: string[] = []
  const ops: MemoryRegionOps = {
    read(offset, size) {
      log.push(`r ${offset} ${size}`)
      return 0x5a5a5a5a
    },
    write(offset, value, size) {
      log.push(`w ${offset} ${size} ${value.toString(16)}`)
    },
    ...extra,
  }
  const take = () => log.splice(0)
  return { ops, take }
}

/** A ROM device of 16 bytes, 0x10 to 0x1f, at 0x20; RAM of 16 bytes behind it, 0xa0 to 0xaf. */
function board(options: { endian?: 'little' | 'big'; extra?: Partial<MemoryRegionOps>; policy?: 'normal-only' } = {}) {
  const { ops, take } = recorder(options.extra)
  const memory = block(16)
  const ram = block(16)
  for (let i = 0; i < 16; i++) {
    memory.view()[i] = 0x10 + i
    ram.view()[i] = 0xa0 + i
  }
  const flash = MemoryRegion.romDevice('flash', ops, memory)
  const root = MemoryRegion.container('root', 256)
  root.addSubregion(0x20, flash)
  root.addSubregion(0x30, MemoryRegion.ram('ram', ram))
  const space = new AddressSpace('space', root, { endian: options.endian ?? 'little' })
  return { flash, space, take, memory, ram }
}

function read(space: AddressSpace, address: number, length: number): number[] {
  const data = new Uint8Array(length)
  space.read(address, data)
  return [...data]
}

describe('A3 a ROM device', () => {
  test('A2 is made in romd mode, carries a cache mode, and is no ROM', () => {
    const memory = block(16)
    const flash = MemoryRegion.romDevice('flash', QUIET, memory, { cacheMode: 'writecombine', reentrancyGuard: false })
    expect(flash).toMatchObject({ kind: 'romDevice', romdMode: true, readonly: false, size: 16, block: memory })
    expect(flash.cacheMode).toBe('writecombine')
  })

  test('E2 is read directly, and written through its handlers', () => {
    const { space, take, memory } = board()
    expect(read(space, 0x20, 5)).toEqual([0x10, 0x11, 0x12, 0x13, 0x14])
    expect([space.load8(0x21), space.load16(0x22), space.load32(0x24), space.load64(0x28)]).toEqual([
      0x11,
      0x1312,
      0x17161514,
      0x1f1e1d1c1b1a1918n,
    ])
    expect(space.load64Pair(0x28)).toBe(0x1b1a1918)
    expect(take()).toEqual([])
    space.write(0x20, bytes(1, 2, 3, 4, 5, 6))
    space.store8(0x21, 7)
    space.store32(0x24, 0xffffffff)
    space.store64(0x28, 0x1122334455667788n)
    space.fill(0x2e, 9, 2)
    expect(take()).toEqual([
      'w 0 4 4030201',
      'w 4 2 605',
      'w 1 1 7',
      'w 4 4 ffffffff',
      'w 8 4 55667788',
      'w 12 4 11223344',
      'w 14 2 909',
    ])
    expect([...memory.view()]).toEqual([...Array(16).keys()].map(i => 0x10 + i))
    expect(space.result).toBe(OK)
  })

  test('out of romd mode is read through them too, and back in it is not', () => {
    const { flash, space, take } = board()
    expect(space.load16(0x22)).toBe(0x1312)
    flash.setRomdMode(false)
    expect(space.load16(0x22)).toBe(0x5a5a)
    expect(space.load16(0x22)).toBe(0x5a5a)
    expect(read(space, 0x2c, 4)).toEqual([0x5a, 0x5a, 0x5a, 0x5a])
    expect(take()).toEqual(['r 2 2', 'r 2 2', 'r 12 4'])
    space.store8(0x22, 1)
    flash.setRomdMode(true)
    expect(space.load16(0x22)).toBe(0x1312)
    expect(take()).toEqual(['w 2 1 1'])
  })

  test('of the other byte order than the target: memory is in the target order, handlers in their own', () => {
    const { flash, space, take } = board({ endian: 'big', extra: { endianness: 'little' } })
    expect(space.load32(0x20)).toBe(0x10111213)
    expect(space.load64(0x20)).toBe(0x1011121314151617n)
    space.store32(0x20, 0x01020304)
    expect(take()).toEqual(['w 0 4 4030201'])
    expect([space.load32(0x20), space.load32(0x24), space.load16(0x20)]).toEqual([0x10111213, 0x14151617, 0x1011])
    flash.setRomdMode(false)
    expect(space.load16(0x20)).toBe(0x5a5a)
    const over = board({
      endian: 'big',
      extra: { endianness: 'little', valid: { unaligned: true }, read: () => 0x1234 },
    })
    expect(over.space.load16(0x2f)).toBe(0x3412)
  })

  test('S1.3 where the policy leaves its memory out, answers through its handlers', () => {
    const { ops, take } = recorder()
    const flash = MemoryRegion.romDevice('flash', ops, block(16), { cacheMode: 'noncached' })
    const space = new AddressSpace('space', flash, { directAccess: 'normal-only' })
    expect(space.load32(4)).toBe(0x5a5a5a5a)
    expect(take()).toEqual(['r 4 4'])
  })

  test('G7 it is exempt from the guard of its owner', () => {
    const results: MemTxResult[] = []
    const ops: MemoryRegionOps = {
      read: () => 0,
      write(offset) {
        if (offset > 1) return
        space.store8(offset + 1, 1)
        results.push(space.result)
        space.load8(1)
        results.push(space.result)
      },
    }
    const space = new AddressSpace('space', MemoryRegion.romDevice('flash', ops, block(16)))
    space.store8(0, 1)
    expect(results).toEqual([OK, OK, OK, OK])
  })
})

describe('E10, D4 the end of a ROM device', () => {
  test('is the end of a direct read: the rest comes from what lies behind, where QEMU 7.2 reads on', () => {
    const { space, take } = board()
    for (const attrs of [MemTxAttrs.UNSPECIFIED, MemTxAttrs.RELAXED]) {
      const data = new Uint8Array(8)
      expect(space.read(0x2c, data, attrs)).toBe(OK)
      expect([...data]).toEqual([0x1c, 0x1d, 0x1e, 0x1f, 0xa0, 0xa1, 0xa2, 0xa3])
    }
    expect(take()).toEqual([])
  })

  test('I1 is no load: it is one access of the handlers, of the whole size', () => {
    const { space, take } = board({ extra: { valid: { unaligned: true } } })
    expect(space.load32(0x2e)).toBe(0x5a5a5a5a)
    expect(space.load64(0x2c)).toBe(0x5a5a5a5a5a5a5a5an)
    expect(space.load64Pair(0x2c)).toBe(0x5a5a5a5a)
    expect(take()).toEqual(['r 14 4', 'r 12 4', 'r 16 4', 'r 12 4', 'r 16 4'])
    const strict = board()
    expect([strict.space.load32(0x2e), strict.space.result]).toEqual([0, DECODE_ERROR])
    expect(strict.take()).toEqual([])
  })

  test('does not cut what goes to its handlers (D4)', () => {
    const { flash, space, take, ram } = board({ extra: { impl: { unaligned: true }, valid: { unaligned: true } } })
    space.write(0x2e, bytes(1, 2, 3, 4))
    expect(take()).toEqual(['w 14 4 4030201'])
    flash.setRomdMode(false)
    read(space, 0x2e, 4)
    expect(take()).toEqual(['r 14 4'])
    expect(ram.view()[0]).toBe(0xa0)
  })

  test('a region that shows less than its block ends where it is seen to', () => {
    const { flash, space } = board()
    flash.setSize(14)
    expect(read(space, 0x2c, 4)).toEqual([0x1c, 0x1d, 0, 0])
    expect(space.result).toBe(DECODE_ERROR)
  })
})

describe('E12 writeRom', () => {
  test('writes RAM, ROM and a ROM device that is read directly, and calls nobody', () => {
    const { flash, space, take, memory, ram } = board()
    const rom = block(4)
    flash.container?.addSubregion(0x40, MemoryRegion.rom('rom', rom))
    space.writeRom(
      0x2e,
      Uint8Array.from({ length: 0x16 }, (_, i) => i + 1),
    )
    expect([...memory.view().subarray(13)]).toEqual([0x1d, 1, 2])
    expect([...ram.view()]).toEqual([...Array(16).keys()].map(i => i + 3))
    expect([...rom.view()]).toEqual([19, 20, 21, 22])
    expect(take()).toEqual([])
  })

  test('passes over all else: a ROM device out of its mode, devices and their memory, and nothing', () => {
    const { flash, space, take, memory, ram } = board()
    flash.setRomdMode(false)
    const bar = block(4)
    flash.container?.addSubregion(0x1c, MemoryRegion.ramDevice('bar', bar))
    space.writeRom(
      0x18,
      Uint8Array.from({ length: 0x20 }, () => 0xee),
    )
    expect(memory.view()[0]).toBe(0x10)
    expect([...bar.view()]).toEqual([0, 0, 0, 0])
    expect([...ram.view().subarray(0, 9)]).toEqual([...Array(8).fill(0xee), 0xa8])
    expect(take()).toEqual([])
    expect(() => space.writeRom(-1, bytes(1))).toThrow(RangeError)
    expect(() => space.writeRom(0, [1] as unknown as Uint8Array)).toThrow(TypeError)
  })
})

describe('A5, C4, C5 in a flat view', () => {
  test('romd is the mode, and changing it renders anew (B4)', () => {
    const { flash, space } = board()
    const view = space.view
    expect(view.ranges[0]).toMatchObject({ romd: true, rom: false, readonly: false, nonvolatile: false })
    flash.setRomdMode(true)
    expect(space.view).toBe(view)
    flash.setRomdMode(false)
    expect(space.view.ranges[0]?.romd).toBe(false)
    flash.setEnabled(false)
    const without = space.view
    flash.setRomdMode(true)
    expect(space.view).toBe(without)
  })

  test('nonvolatile is passed on, and parts what differs in it', () => {
    const device = MemoryRegion.io('device', QUIET, 32)
    const [low, high] = [MemoryRegion.alias('low', device, 0, 16), MemoryRegion.alias('high', device, 16, 16)]
    const root = MemoryRegion.container('root', 64)
    root.addSubregion(0, low)
    root.addSubregion(16, high)
    const space = new AddressSpace('space', root)
    expect(shown(space)).toEqual([[0, 32, 'device', 0]])
    high.setNonvolatile(true)
    expect(space.view.ranges.map(({ nonvolatile, start }) => [start, nonvolatile])).toEqual([
      [0, false],
      [16, true],
    ])
    low.setNonvolatile(true)
    expect(shown(space)).toEqual([[0, 32, 'device', 0]])
    expect(high.nonvolatile).toBe(true)
  })

  test('C3 a nonvolatile window is not passed over', () => {
    const root = MemoryRegion.container('root', 64)
    root.addSubregion(8, MemoryRegion.io('device', QUIET, 4))
    const window = MemoryRegion.alias('window', root, 0, 64)
    window.setNonvolatile(true)
    expect(new AddressSpace('space', window).view.ranges[0]?.nonvolatile).toBe(true)
    expect(new AddressSpace('space', root).view.ranges[0]?.nonvolatile).toBe(false)
  })
})

test('what is refused names the argument and the value', () => {
  const memory = block(16)
  const of =
    (...given: unknown[]) =>
    () =>
      (MemoryRegion.romDevice as (...all: unknown[]) => unknown)('flash', ...given)
  expect(of(undefined, memory)).toThrow(/^ops must be an object, got undefined/)
  expect(of(QUIET, 16)).toThrow(/^block must be a RamBlock, got 16/)
  expect(of(QUIET, memory, { cacheMode: 'wc' })).toThrow(/^options.cacheMode .*"wc"/)
  expect(of(QUIET, memory, { romd: true })).toThrow(/^options .*"romd"/)
  expect(of(QUIET, memory, { owner: 1 })).toThrow(/^options.owner must be an object, got 1/)
  const flash = MemoryRegion.romDevice('flash', QUIET, memory)
  expect(() => flash.setRomdMode(1 as unknown as boolean)).toThrow(/^on must be a boolean, got 1/)
  expect(() => flash.setNonvolatile('yes' as unknown as boolean)).toThrow(/^nonvolatile must be a boolean, got "yes"/)
  expect(() => MemoryRegion.rom('rom', memory).setRomdMode(true)).toThrow(/"rom" is rom/)
})
