import { AddressSpace, GuestRam, MemoryRegion, MemTxResult } from 'guestmem'
import { describe, expect, test } from 'vitest'

const GIB4 = 2 ** 32

/** RAM at 4096, RAM with other bytes 2^32 above it, and RAM that lies across 2^32; each filled with a byte of its own. */
function map(endian: 'little' | 'big') {
  const ram = GuestRam.allocate(65536)
  const root = MemoryRegion.container('root', 2 ** 40)
  const put = (name: string, address: number, byte: number) => {
    const block = ram.block(name, 4096)
    block.view().fill(byte)
    root.addSubregion(address, MemoryRegion.ram(name, block))
  }
  put('low', 4096, 0x11)
  put('high', GIB4 + 4096, 0x22)
  put('across', GIB4 - 2048, 0x33)
  return new AddressSpace('space', root, { endian })
}

// Accesses below 2^32 take a way of their own, on 32-bit integers: an address above must not be taken for one below.
describe.each(['little', 'big'] as const)('addresses that are equal modulo 2^32, %s-endian', endian => {
  const space = map(endian)
  const places: [number, number][] = [
    [4096, 0x11],
    [GIB4 + 4096, 0x22],
    [GIB4 - 8, 0x33],
    [GIB4, 0x33],
    [GIB4 + 2040, 0x33],
  ]
  // Each is accessed after each other, whose section is then the latest.
  const pairs = places.flatMap(first => places.map(second => [first, second] as const))

  test.each(pairs)('%j, then %j', ([first], [address, byte]) => {
    const half = byte * 0x101
    const word = (byte * 0x0101_0101) >>> 0
    const reads: [() => number, number][] = [
      [() => space.load8(address), byte],
      [() => space.load16(address), half],
      [() => space.load32(address), word],
      [() => space.load64Pair(address), word],
    ]
    for (const [read, value] of reads) {
      space.load8(first)
      expect(read()).toBe(value)
      expect(space.result).toBe(MemTxResult.OK)
    }
    for (const width of [8, 16, 32] as const) {
      space.load8(first)
      space[`store${width}`](address, 0xdeadbeef)
      const bytes = new Uint8Array(8)
      space.read(address, bytes)
      const stored = [0xef, 0xbe, 0xad, 0xde].slice(0, width / 8)
      if (endian === 'big') stored.reverse()
      expect([...bytes]).toEqual([...stored, ...new Array(8 - width / 8).fill(byte)])
      space.fill(address, byte, 8)
    }
  })

  test.each([0, GIB4 * 2 + 4096, GIB4 * 3 - 8, 2048])('nothing is at %d', address => {
    for (const [first] of places) {
      space.load8(first)
      expect([space.load32(address), space.result]).toEqual([0, MemTxResult.DECODE_ERROR])
      space.load8(first)
      space.store32(address, 1)
      expect(space.result).toBe(MemTxResult.DECODE_ERROR)
    }
  })
})
