import { AddressSpace, GuestRam, MemoryRegion, type MemoryRegionOps, MemTxAttrs, MemTxResult } from 'guestmem'
import { expect, test } from 'vitest'

test('what a user writes', () => {
  const calls: unknown[] = []
  const uartOps: MemoryRegionOps = {
    read(offset, size) {
      calls.push(['read', offset, size])
      return 0x60
    },
    write(offset, value, size) {
      calls.push(['write', offset, value, size])
    },
  }
  const bytes = Uint8Array.from({ length: 300 }, (_, i) => (i * 7) & 0xff)
  const ram = GuestRam.allocate(256 * 2 ** 20)
  const system = MemoryRegion.container('system', 2 ** 32)
  system.addSubregion(0x8000_0000, MemoryRegion.ram('ram', ram.block('ram', 64 * 2 ** 20)))
  system.addSubregion(0x1000_0000, MemoryRegion.io('uart', uartOps, 0x100))
  const memory = new AddressSpace('memory', system)

  memory.store32(0x8000_0000, 0xdead_beef)
  expect(memory.result).toBe(MemTxResult.OK)
  expect(memory.write(0x8000_1000, bytes)).toBe(MemTxResult.OK)
  expect(memory.write(0x8000_2000, bytes, MemTxAttrs.RELAXED)).toBe(MemTxResult.OK)
  expect(memory.load32(0x1000_0004)).toBe(0x60)
  expect(memory.result).toBe(MemTxResult.OK)

  expect(memory.load32(0x8000_0000)).toBe(0xdead_beef)
  expect([...(ram.blocks[0]?.view().subarray(0, 4) ?? [])]).toEqual([0xef, 0xbe, 0xad, 0xde])
  for (const address of [0x8000_1000, 0x8000_2000]) {
    const back = new Uint8Array(300)
    expect(memory.read(address, back)).toBe(MemTxResult.OK)
    expect(back).toEqual(bytes)
  }
  expect(calls).toEqual([['read', 4, 4]])
  expect(memory.load32(0x2000_0000)).toBe(0)
  expect(memory.result).toBe(MemTxResult.DECODE_ERROR)
  expect([memory.name, memory.root, memory.endian]).toEqual(['memory', system, 'little'])
})
