import { AddressSpace, GuestRam, MemoryRegion, MemTxResult, memTxFault, openBus, splitAccess } from 'guestmem'
import { describe, expect, test } from 'vitest'

const { OK, DECODE_ERROR, ERROR } = MemTxResult

function board(value?: Parameters<typeof openBus>[2]) {
  const root = MemoryRegion.container('root', 2 ** 32)
  const block = GuestRam.allocate(4096).block('ram', 16)
  root.addSubregion(0, MemoryRegion.ram('ram', block))
  root.addSubregion(0, value === undefined ? openBus('bus', 2 ** 32) : openBus('bus', 2 ** 32, value), -(2 ** 31))
  return new AddressSpace('space', root)
}

describe('an open bus', () => {
  test('gives all ones where nothing is, to every access, and the result stays DECODE_ERROR', () => {
    const space = board()
    expect([space.load8(0x1000), space.load16(0x1001), space.load32(0x1003)]).toEqual([0xff, 0xffff, 0xffff_ffff])
    expect([space.load64(0x1001), space.result]).toEqual([0xffff_ffff_ffff_ffffn, DECODE_ERROR])
    expect([space.load64Pair(0x1008), space.high]).toEqual([0xffff_ffff, 0xffff_ffff])
    const bytes = new Uint8Array(40)
    expect(space.read(3, bytes)).toBe(DECODE_ERROR)
    expect([...bytes]).toEqual([...new Array(13).fill(0), ...new Array(27).fill(0xff)])
    space.store32(0x1000, 5)
    expect(space.result).toBe(DECODE_ERROR)
    expect([space.load32(0), space.result]).toEqual([0, OK])
  })

  test('gives the latest value that a handler knows', () => {
    let latest = 0
    const space = board((offset, size) => latest + offset + size)
    latest = 0x1200
    expect(space.load16(0x30)).toBe(0x1232)
    expect(space.load8(0x30)).toBe(0x31)
    latest = -1
    expect(space.load32(0)).toBe(0)
    expect(space.load32(0x100)).toBe(0x103)
  })

  test('any fault may have a value', () => {
    const ops = { read: () => memTxFault(ERROR, 0x1_2345_6789), write: () => undefined }
    const space = new AddressSpace('space', MemoryRegion.io('io', ops, 8))
    expect([space.load32(0), space.load8(0), space.result]).toEqual([0x2345_6789, 0x89, ERROR])
    expect(() => memTxFault(ERROR, 0.5)).toThrow(/^value must be an integer/)
    expect(() => openBus('bus', 8, Number.NaN)).toThrow(/^value /)
    expect(() => openBus('bus', 0)).toThrow(/^size /)
  })
})

describe('an access split by its direction', () => {
  test('reads ROM, and writes go to the RAM below', () => {
    const ram = GuestRam.allocate(8192)
    const [rom, shadow] = [ram.block('rom', 64), ram.block('shadow', 64)]
    rom.view().fill(0x11)
    const region = splitAccess(
      'shadowed',
      { reads: MemoryRegion.rom('rom', rom), writes: MemoryRegion.ram('shadow', shadow) },
      64,
    )
    const space = new AddressSpace('space', region)
    space.store32(4, 0xdead_beef)
    expect(space.load32(4)).toBe(0x1111_1111)
    expect(shadow.view()[4]).toBe(0xef)
    space.write(10, Uint8Array.of(1, 2, 3))
    const bytes = new Uint8Array(3)
    expect([space.read(10, bytes), ...bytes]).toEqual([OK, 0x11, 0x11, 0x11])
    expect([...shadow.view(10, 3)]).toEqual([1, 2, 3])
    expect(() => splitAccess('s', { reads: region, writes: 5 as never }, 8)).toThrow(/^targets\.writes must be/)
    expect(() => splitAccess('s', 5 as never, 8)).toThrow(/^targets must be an object/)
  })
})
