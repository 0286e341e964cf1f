import { AddressSpace, GuestRam, IommuMemoryRegion, MemoryRegion, MemTxAttrs, MemTxResult } from 'guestmem'
import { describe, expect, test } from 'vitest'
import { bytes, PAGE } from '../support/board.ts'
import { type Call, recorder } from '../support/device.ts'
import { iommuBoard } from '../support/iommu-board.ts'

const { OK, ACCESS_ERROR, DECODE_ERROR } = MemTxResult
const attrs = MemTxAttrs.of({ memory: true })

/** RAM at 0, a device at 16, RAM again at 32, a ROM at 48, flash at 64. */
function board() {
  const guest = GuestRam.allocate(4 * PAGE)
  const root = MemoryRegion.container('root', 256)
  const calls: Call[] = []
  const ops = recorder(calls, {}, () => 0x99)
  const blocks = ['a', 'b', 'rom', 'flash'].map(name => guest.block(name, PAGE))
  const made = blocks.map((block, i) => {
    block.view().fill(0x10 + i)
    return i < 2 ? MemoryRegion.ram('ram', block) : i === 2 ? MemoryRegion.rom('rom', block) : flash(block)
  })
  function flash(block: (typeof blocks)[number]): MemoryRegion {
    return MemoryRegion.romDevice('flash', ops, block)
  }
  made.forEach((region, i) => {
    region.setSize(16)
    root.addSubregion([0, 32, 48, 64][i] as number, region)
  })
  root.addSubregion(16, MemoryRegion.io('device', ops, 16))
  return { space: new AddressSpace('space', root), calls, flash: made[3] as MemoryRegion }
}

describe('E8 accesses for memory alone', () => {
  test('RAM is read and written, a ROM is read; its writes are rejected as ever', () => {
    const { space } = board()
    for (const address of [0, 4, 32]) {
      space.store32(address, 0x01020304, attrs)
      expect([space.result, space.load32(address, attrs), space.result]).toEqual([OK, 0x01020304, OK])
      space.store64(address, 5n, attrs)
      expect([space.result, space.load64(address, attrs), space.load64Pair(address, attrs)]).toEqual([OK, 5n, 5])
      expect([space.write(address, bytes(1, 2, 3), attrs), space.fill(address, 1, 3, attrs)]).toEqual([OK, OK])
    }
    expect([space.load16(48, attrs), space.result]).toEqual([0x1212, OK])
    space.store16(48, 1, attrs)
    expect([space.result, space.write(48, bytes(1), attrs)]).toEqual([DECODE_ERROR, DECODE_ERROR])
  })

  test('a device is not called: also after an access that found it', () => {
    const { space, calls } = board()
    expect([space.load32(16), space.load32(16)]).toEqual([0x99, 0x99])
    const called = calls.length
    const refused: (() => unknown)[] = [
      () => space.load8(16, attrs),
      () => space.load16(16, attrs),
      () => space.load32(16, attrs),
      () => space.load32be(16, attrs),
      () => Number(space.load64(16, attrs)),
      () => space.load64Pair(16, attrs),
      () => space.store8(16, 1, attrs),
      () => space.store16(16, 1, attrs),
      () => space.store32(16, 1, attrs),
      () => space.store64(16, 1n, attrs),
      () => space.store64Pair(16, 1, 1, attrs),
    ]
    for (const access of refused) {
      space.load8(0)
      expect([access() ?? 0, space.result]).toEqual([0, ACCESS_ERROR])
    }
    const data = bytes(1, 2, 3, 4)
    expect([space.read(16, data, attrs), [...data]]).toEqual([ACCESS_ERROR, [0, 0, 0, 0]])
    expect([space.write(16, data, attrs), space.fill(16, 1, 4, attrs)]).toEqual([ACCESS_ERROR, ACCESS_ERROR])
    expect(calls).toHaveLength(called)
    // Nothing there is no memory either.
    expect([space.load32(128, attrs), space.result]).toEqual([0, ACCESS_ERROR])
    expect([space.read(128, data, attrs), space.write(128, data, attrs)]).toEqual([ACCESS_ERROR, ACCESS_ERROR])
  })

  test('the first region refuses the whole access', () => {
    const { space } = board()
    const data = new Uint8Array(24).fill(0xee)
    expect(space.read(24, data, attrs)).toBe(ACCESS_ERROR)
    expect(data.every(byte => byte === 0)).toBe(true)
    expect([space.write(24, data, attrs), space.load8(32)]).toEqual([ACCESS_ERROR, 0x11])
  })

  test('a later region refuses its own length: of a device all the rest, as D4 does not end it', () => {
    const { space } = board()
    const data = new Uint8Array(40).fill(0xee)
    expect(space.read(8, data, attrs)).toBe(ACCESS_ERROR)
    expect([...data]).toEqual([...new Array(8).fill(0x10), ...new Array(32).fill(0)])
    expect(space.write(8, data.fill(0xcc), attrs)).toBe(ACCESS_ERROR)
    expect([space.load8(15), space.load8(32)]).toEqual([0xcc, 0x11])
    // A ROM device that is read directly ends with itself (E10).
    const over = new Uint8Array(36).fill(0xee)
    expect(space.read(48, over, attrs)).toBe(ACCESS_ERROR)
    expect([...over]).toEqual([...new Array(16).fill(0x12), ...new Array(20).fill(0)])
  })

  test('K2 behind an IOMMU a device ends with its block, and the rest goes on', () => {
    const { bus, map, calls, ram } = iommuBoard()
    map(0, 4 * PAGE)
    map(1, 0x10000)
    map(2, 6 * PAGE)
    const data = new Uint8Array(PAGE + 16).fill(0xee)
    expect(bus.write(PAGE - 8, data, attrs)).toBe(ACCESS_ERROR)
    expect([ram[5 * PAGE - 1], ram[6 * PAGE], ram[6 * PAGE + 7], ram[6 * PAGE + 8]]).toEqual([0xee, 0xee, 0xee, 6])
    expect(bus.read(PAGE - 8, data, attrs)).toBe(ACCESS_ERROR)
    expect([data[0], data[8], data[PAGE + 7], data[PAGE + 8]]).toEqual([0xee, 0, 0, 0xee])
    expect([bus.write(PAGE, data, attrs), ram[6 * PAGE + 8]]).toEqual([ACCESS_ERROR, 6])
    expect(calls).toEqual([])
  })

  test('a fill is refused 512 bytes at a time, as it is made (E11)', () => {
    const guest = GuestRam.allocate(PAGE)
    const root = MemoryRegion.container('root', 4096)
    const ram = MemoryRegion.ram('ram', guest.block('ram', PAGE))
    root.addSubregion(0, ram)
    root.addSubregion(512, MemoryRegion.reservation('hole', 8), 1)
    const space = new AddressSpace('space', root)
    const view = (ram.block as NonNullable<typeof ram.block>).view()
    expect(space.fill(0, 1, 1536, attrs)).toBe(ACCESS_ERROR)
    // The second 512 begin with what refuses them whole.
    expect([511, 512, 520, 1023, 1024, 1535, 1536].map(at => view[at])).toEqual([1, 0, 0, 0, 1, 1, 0])
  })

  test('a load over the end of a ROM device is its handlers’, and so refused: also where an IOMMU’s page ends', () => {
    const { space, calls } = board()
    const translate = () => ({ target: space, translated: 64, mask: 7, permissions: 3 as const })
    const bus = new AddressSpace('bus', new IommuMemoryRegion('iommu', { translate }, 64))
    for (const [on, end] of [
      [space, 80],
      [bus, 8],
    ] as const) {
      expect([on.load16(end - 2, attrs), on.result]).toEqual([0x1313, OK])
      expect([on.load16(end - 1, attrs), on.result]).toEqual([0, ACCESS_ERROR])
      expect([on.load64(end - 4, attrs), on.result]).toEqual([0n, ACCESS_ERROR])
      expect([on.load64Pair(end - 4, attrs), on.high, on.result]).toEqual([0, 0, ACCESS_ERROR])
    }
    expect(calls).toEqual([])
    expect([bus.load16(6), bus.load8(7), bus.result]).toEqual([0x1313, 0x13, OK])
  })

  test('a load takes what a ROM device reads directly; stores and block reads of one are refused', () => {
    const { space, flash, calls } = board()
    expect([space.load32(64, attrs), space.result]).toEqual([0x1313_1313, OK])
    expect([space.load64(64, attrs), space.result]).toEqual([0x1313_1313_1313_1313n, OK])
    space.store32(64, 1, attrs)
    expect(space.result).toBe(ACCESS_ERROR)
    expect(space.read(64, new Uint8Array(4), attrs)).toBe(ACCESS_ERROR)
    flash.setRomdMode(false)
    expect([space.load32(64, attrs), space.result]).toEqual([0, ACCESS_ERROR])
    expect(calls).toEqual([])
  })
})
