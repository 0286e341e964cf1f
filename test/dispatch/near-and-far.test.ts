import { AddressSpace, GuestRam, MemoryRegion, MemTxResult } from 'guestmem'
import { expect, test } from 'vitest'
import { QUIET } from '../support/board.ts'

const PAGE = 4096

const device = (value: number) => ({ ...QUIET, read: () => value })

test('D2 what lies at the same place of different 4 GiB is told apart, however it was accessed before', () => {
  const root = MemoryRegion.container('root', 2 ** 40)
  const block = GuestRam.allocate(PAGE).block('ram', PAGE)
  block.view().fill(0x11)
  root.addSubregion(PAGE, MemoryRegion.io('low', device(1), PAGE))
  root.addSubregion(2 ** 32 + PAGE, MemoryRegion.io('high', device(2), PAGE))
  root.addSubregion(2 ** 33 + PAGE, MemoryRegion.ram('ram', block))
  root.addSubregion(2 ** 34 + 2 * PAGE, MemoryRegion.io('only high', device(3), PAGE))
  const space = new AddressSpace('space', root)
  const seen = () => [0, 2 ** 32, 2 ** 33, 2 ** 34].map(at => [space.load8(at + PAGE), space.load8(at + 2 * PAGE)])
  for (let round = 0; round < 4; round++)
    expect(seen(), `round ${round}`).toEqual([
      [1, 0],
      [2, 0],
      [0x11, 0],
      [0, 3],
    ])
})

test('D2 a section that begins below 2^32 and ends above is one', () => {
  const root = MemoryRegion.container('root', 2 ** 40)
  root.addSubregion(2 ** 32 - PAGE, MemoryRegion.io('device', { ...QUIET, read: offset => offset / 16 }, 2 * PAGE))
  const space = new AddressSpace('space', root)
  for (let round = 0; round < 3; round++) {
    expect(space.load32(2 ** 32 - 16)).toBe(PAGE / 16 - 1)
    expect(space.load32(2 ** 32 + 16)).toBe(PAGE / 16 + 1)
    // 32 bits of it are those of the address before.
    expect(space.load32(16)).toBe(0)
    expect(space.result).toBe(MemTxResult.DECODE_ERROR)
  }
})

test('C7 a device that was called last is not called where it no longer is', () => {
  const root = MemoryRegion.container('root', 2 ** 32)
  const region = MemoryRegion.io('device', device(7), PAGE)
  root.addSubregion(0, region)
  const space = new AddressSpace('space', root)
  for (let i = 0; i < 3; i++) expect(space.load32(8)).toBe(7)
  space.store32(8, 1)
  region.setAddress(PAGE)
  expect(space.load32(8)).toBe(0)
  space.store32(8, 1)
  expect(space.result).toBe(MemTxResult.DECODE_ERROR)
  expect(space.load32(PAGE + 8)).toBe(7)
})

test('I2 RAM that other RAM is accessed in turn with: aligned, unaligned, over its end', () => {
  const block = GuestRam.allocate(2 * PAGE).block('ram', 2 * PAGE)
  const bytes = block.view()
  for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 7) & 0xff
  const root = MemoryRegion.container('root', 2 ** 32)
  const ram = MemoryRegion.ram('ram', block)
  root.addSubregion(0, MemoryRegion.alias('a', ram, PAGE, PAGE))
  root.addSubregion(2 * PAGE, MemoryRegion.alias('b', ram, 0, PAGE))
  for (const endian of ['little', 'big'] as const) {
    const space = new AddressSpace(endian, root, { endian })
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (const at of [0, 2, 1, 6, PAGE - 4, PAGE - 2, PAGE - 1, 4])
      for (const [start, offset] of [
        [0, PAGE],
        [2 * PAGE, 0],
      ] as const) {
        // biome-ignore format: pairs
        expect(space.load8(start + at)).toBe(bytes[offset + at])
        for (const [size, name] of [
          [2, 'load16'],
          [4, 'load32'],
        ] as const) {
          // biome-ignore format: pairs
          const value = space[name](start + at)
          const whole = at + size <= PAGE
          expect(space.result).toBe(whole ? MemTxResult.OK : MemTxResult.DECODE_ERROR)
          const get = size === 2 ? view.getUint16 : view.getUint32
          expect(value).toBe(whole ? get.call(view, offset + at, endian === 'little') : 0)
        }
      }
  }
})
