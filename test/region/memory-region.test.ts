import { AddressSpace, GuestRam, MemoryRegion, MemTxResult } from 'guestmem'
import { describe, expect, test } from 'vitest'
import { QUIET } from '../support/board.ts'

const FACTORIES: [string, (size: number) => MemoryRegion][] = [
  ['container', size => MemoryRegion.container('c', size)],
  ['io', size => MemoryRegion.io('i', QUIET, size)],
  ['reservation', size => MemoryRegion.reservation('r', size)],
  ['alias', size => MemoryRegion.alias('a', MemoryRegion.container('c', 16), 0, size)],
]

describe.each(FACTORIES)('A1 the size of a region of kind %s', (_kind, make) => {
  test.each([1, 2 ** 32, 2 ** 53, 2 ** 53 + 2, 2 ** 64 - 2048, 2 ** 64])('may be %d', size => {
    expect(make(size).size).toBe(size)
  })

  test.each([0, -1, 0.5, Number.NaN, 2 ** 64 + 4096, Number.POSITIVE_INFINITY])('may not be %d', size => {
    expect(() => make(size)).toThrow(new RegExp(`^size must be an integer from 1 to .*, got ${size}$`))
  })
})

test('A2 a region is enabled, of priority 0, in no container, writable, in romd mode and without a dirty log', () => {
  for (const [kind, make] of FACTORIES) {
    const region = make(16)
    const { enabled, priority, address, container, readonly, nonvolatile, romdMode, dirtyLogMask } = region
    expect([region.kind, enabled, priority, address, container]).toEqual([kind, true, 0, 0, undefined])
    expect([readonly, nonvolatile, romdMode, dirtyLogMask]).toEqual([false, false, true, 0])
  }
})

test('A7 a region that is removed while it is accessed serves the access to its end', () => {
  const calls: number[] = []
  const root = MemoryRegion.container('root', 64)
  const ram = MemoryRegion.ram('ram', GuestRam.allocate(4096).block('ram', 8))
  const device = MemoryRegion.io(
    'device',
    {
      read(offset) {
        calls.push(offset)
        MemoryRegion.transaction(() => {
          if (device.container === root) root.removeSubregion(device)
          if (ram.container === root) root.removeSubregion(ram)
        })
        return 0x11
      },
      write: () => undefined,
      valid: { maxSize: 1 },
    },
    4,
  )
  root.addSubregion(0, device)
  root.addSubregion(4, ram)
  const space = new AddressSpace('space', root)
  space.store32(4, 0x7777_7777)
  const bytes = new Uint8Array(8)
  expect(space.read(0, bytes)).toBe(MemTxResult.OK)
  expect([...bytes]).toEqual([0x11, 0x11, 0x11, 0x11, 0x77, 0x77, 0x77, 0x77])
  expect(calls).toEqual([0, 1, 2, 3])
  expect(space.read(0, bytes)).toBe(MemTxResult.DECODE_ERROR)
})
