import { AddressSpace, GuestRam, type GuestRamOptions, hostProfile, MemoryRegion, MemTxResult } from 'guestmem'
import { describe, expect, test } from 'vitest'

const variants: [string, GuestRamOptions][] = (['wasm', 'script'] as const).flatMap(lane =>
  (['host', 'language'] as const).map((order): [string, GuestRamOptions] => [
    `${lane}, ${order} order`,
    { lane, order },
  ]),
)

describe.each(variants)('cells: %s', (_name, options) => {
  const ram = GuestRam.allocate(4096, options)
  const block = ram.block('block', 256)
  const root = MemoryRegion.container('root', 4096)
  root.addSubregion(0, MemoryRegion.ram('ram', block))
  const bytes = block.view()
  const view = new DataView(ram.buffer, block.offset, block.size)
  const noise = Uint8Array.from({ length: 256 }, (_, i) => (i * 89 + 7) & 0xff)

  test.each(['little', 'big'] as const)('every width at every offset, target %s-endian', endian => {
    const space = new AddressSpace('space', root, { endian })
    const little = endian === 'little'
    bytes.set(noise)
    for (let at = 0; at < 24; at++) {
      expect(space.load8(at)).toBe(view.getUint8(at))
      expect(space.load16(at)).toBe(view.getUint16(at, little))
      expect(space.load32(at)).toBe(view.getUint32(at, little))
      expect(space.load64(at)).toBe(view.getBigUint64(at, little))
      expect(space.load16le(at)).toBe(view.getUint16(at, true))
      expect(space.load32be(at)).toBe(view.getUint32(at, false))
      expect(space.load64le(at)).toBe(view.getBigUint64(at, true))
      const low = space.load64Pair(at)
      expect((BigInt(space.high) << 32n) | BigInt(low)).toBe(view.getBigUint64(at, little))
      expect(space.result).toBe(MemTxResult.OK)
    }
    const stores: [number, (at: number) => void, (at: number) => void][] = [
      [1, at => space.store8(at, 0x1a5), at => view.setUint8(at, 0xa5)],
      [2, at => space.store16(at, 0xf1e2d), at => view.setUint16(at, 0x1e2d, little)],
      [4, at => space.store32(at, -2), at => view.setUint32(at, 0xffff_fffe, little)],
      [4, at => space.store32be(at, 0x1234_5678), at => view.setUint32(at, 0x1234_5678, false)],
      [8, at => space.store64(at, -3n), at => view.setBigInt64(at, -3n, little)],
      [8, at => space.store64be(at, 0x0102_0304_0506_0708n), at => view.setBigUint64(at, 0x0102_0304_0506_0708n)],
      [8, at => space.store64Pair(at, 5, 0xffff_fff0), at => view.setBigUint64(at, 0xffff_fff0_0000_0005n, little)],
    ]
    for (const [, ours, reference] of stores)
      for (let at = 8; at < 32; at++) {
        bytes.set(noise)
        ours(at)
        const got = bytes.slice()
        bytes.set(noise)
        reference(at)
        expect(got).toEqual(bytes.slice())
      }
  })

  test('I2: an access over the end of the memory is rejected whole', () => {
    const space = new AddressSpace('space', root)
    bytes.set(noise)
    expect([space.load32(254), space.result]).toEqual([0, MemTxResult.DECODE_ERROR])
    space.store64(250, -1n)
    expect(space.result).toBe(MemTxResult.DECODE_ERROR)
    expect(bytes).toEqual(noise)
    const both = new Uint8Array(4).fill(9)
    expect(space.read(254, both)).toBe(MemTxResult.DECODE_ERROR)
    expect([...both]).toEqual([noise[254], noise[255], 0, 0])
  })
})

describe('S6: unaligned accesses where the host has none', () => {
  const host = hostProfile({ base: 'riscv64' })
  const make = (unaligned: 'split' | 'refuse') => {
    const block = GuestRam.allocate(4096, { host, unaligned, order: 'host' }).block('block', 64)
    return { space: new AddressSpace('space', MemoryRegion.ram('ram', block)), bytes: block.view() }
  }

  test('are split, ascending', () => {
    const { space, bytes } = make('split')
    for (let at = 1; at < 8; at++) {
      space.store32(at, 0x0403_0201)
      expect([...bytes.slice(at, at + 4)]).toEqual([1, 2, 3, 4])
      expect([space.load32(at), space.result]).toEqual([0x0403_0201, MemTxResult.OK])
    }
  })

  test('or refused, with nothing stored and zero data', () => {
    const { space, bytes } = make('refuse')
    space.store32(0, 0xffff_ffff)
    for (const at of [1, 2, 3]) {
      space.store32(at, 0)
      expect(space.result).toBe(MemTxResult.DECODE_ERROR)
      expect([space.load32(at), space.result]).toEqual([0, MemTxResult.DECODE_ERROR])
    }
    expect([space.load64(4), space.result]).toEqual([0n, MemTxResult.DECODE_ERROR])
    expect([...bytes.slice(0, 5)]).toEqual([255, 255, 255, 255, 0])
  })
})

test('blocks are page aligned, and two threads never cut the same bytes', () => {
  const ram = GuestRam.allocate(5 * 4096)
  const there = GuestRam.attach(ram.handle)
  const blocks = [ram.block('a', 1), there.block('b', 4097), ram.block('c', 4096), there.block('d', 100)]
  expect(blocks.map(({ offset }) => offset)).toEqual([0, 4096, 12288, 16384])
  expect(() => ram.block('e', 1)).toThrow(/at most the 0 that are left/)
})
