import fc from 'fast-check'
import { AddressSpace, MemoryRegion, type MemoryRegionOps, MemTxResult, memTxFault } from 'guestmem'
import { describe, expect, test } from 'vitest'
import { runs } from '../../support/campaign.ts'

const SIZE = 32

/** A device whose registers are bytes: what it is asked for in units, it does byte by byte. Writes down each call. */
function device(impl: MemoryRegionOps['impl'], big: boolean, fails = -1) {
  const bytes = Uint8Array.from({ length: SIZE }, (_, at) => 0x10 + at)
  const log: string[] = []
  const place = (offset: number, size: number, i: number) => offset + (big ? size - 1 - i : i)
  const ops: MemoryRegionOps = {
    read(offset, size) {
      log.push(`r${size} ${offset}`)
      if (offset === fails) return memTxFault(MemTxResult.ERROR)
      let value = 0
      for (let i = 0; i < size; i++) value += (bytes[place(offset, size, i)] as number) * 2 ** (8 * i)
      return value
    },
    write(offset, value, size) {
      log.push(`w${size} ${offset}`)
      for (let i = 0; i < size; i++) bytes[place(offset, size, i)] = Math.floor(value / 2 ** (8 * i))
    },
    valid: { unaligned: true },
    endianness: big ? 'big' : 'little',
    ...(impl && { impl }),
  }
  const wide: MemoryRegionOps = {
    ...ops,
    read64(offset) {
      log.push(`r8 ${offset}`)
      return Buffer.from(bytes)[big ? 'readBigUInt64BE' : 'readBigUInt64LE'](offset)
    },
    write64(offset, value) {
      log.push(`w8 ${offset}`)
      const data = Buffer.alloc(8)
      data[big ? 'writeBigUInt64BE' : 'writeBigUInt64LE'](value)
      bytes.set(data, offset)
    },
  }
  const region = MemoryRegion.io('device', impl?.maxSize === 8 ? wide : ops, SIZE)
  return { space: new AddressSpace('space', region, { endian: big ? 'big' : 'little' }), bytes, log }
}

const sizes = fc.constantFrom(1, 2, 4, 8)
const impl = fc
  .tuple(sizes, sizes)
  .filter(([min, max]) => min <= max)
  .map(([minSize, maxSize]) => ({ minSize, maxSize, aligned: true }) as NonNullable<MemoryRegionOps['impl']>)

describe('G5 impl.aligned: what QEMU documents of unaligned accesses, and does not do', () => {
  test('any access gives and stores the bytes that it names, by aligned calls of sizes that the handlers take', () => {
    fc.assert(
      fc.property(
        impl,
        fc.boolean(),
        fc.integer({ min: 0, max: SIZE - 8 }),
        sizes,
        fc.bigInt(0n, 2n ** 64n - 1n),
        (takes, big, at, size, any) => {
          const { space, bytes, log } = device(takes, big)
          const value = BigInt.asUintN(8 * size, any)
          const data = Buffer.alloc(8)
          if (big) data.writeBigUInt64BE(value << BigInt(8 * (8 - size)))
          else data.writeBigUInt64LE(value)
          const load = () =>
            size === 8
              ? space.load64(at)
              : BigInt(size === 4 ? space.load32(at) : size === 2 ? space.load16(at) : space.load8(at))
          const due = bytes.slice()
          const seen = due.slice(at, at + size)
          if (!big) seen.reverse()
          expect(load()).toBe(seen.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n))
          due.set(data.subarray(0, size), at)
          if (size === 8) space.store64(at, value)
          else if (size === 4) space.store32(at, Number(value))
          else if (size === 2) space.store16(at, Number(value))
          else space.store8(at, Number(value))
          expect([...bytes]).toEqual([...due])
          expect([space.result, load()]).toEqual([MemTxResult.OK, value])
          const { minSize = 1, maxSize = 4 } = takes
          for (const [, width, offset] of log.map(line => /(\d+) (\d+)/.exec(line) as RegExpExecArray)) {
            expect(Number(offset) % Number(width)).toBe(0)
            expect(Number(width)).toBeGreaterThanOrEqual(minSize)
            expect(Number(width)).toBeLessThanOrEqual(maxSize)
          }
        },
      ),
      runs(2000),
    )
  })

  test.each([
    ['QEMU, which calls once at the offset as it is', {}, ['r4 1'], ['w4 1']],
    ['aligned', { aligned: true }, ['r1 1', 'r2 2', 'r1 4'], ['w1 1', 'w2 2', 'w1 4']],
    ['aligned, of 4 bytes', { minSize: 4, aligned: true }, ['r4 0', 'r4 4'], ['r4 0', 'w4 0', 'r4 4', 'w4 4']],
  ] as const)('4 bytes at 1: %s', (_as, takes, reads, writes) => {
    const { space, log } = device(takes, false)
    space.load32(1)
    expect(log.splice(0)).toEqual(reads)
    space.store32(1, 0x0403_0201)
    expect(log).toEqual(writes)
  })

  test('a narrow write leaves its neighbours alone, where QEMU clobbers them', () => {
    const qemu = device({ minSize: 4 }, false)
    qemu.space.store8(1, 0xaa)
    expect([...qemu.bytes.subarray(0, 5)]).toEqual([0x10, 0xaa, 0, 0, 0])
    const ours = device({ minSize: 4, aligned: true }, false)
    ours.space.store8(1, 0xaa)
    expect([...ours.bytes.subarray(0, 5)]).toEqual([0x10, 0xaa, 0x12, 0x13, 0x14])
  })

  test("a unit that can't be read is not written, the others are, and the result says so (E7)", () => {
    const { space, bytes } = device({ minSize: 4, aligned: true }, false, 0)
    expect([space.load32(2), space.result]).toEqual([0x1514_0000, MemTxResult.ERROR])
    space.store32(2, 0xddcc_bbaa)
    expect(space.result).toBe(MemTxResult.ERROR)
    expect([...bytes.subarray(0, 8)]).toEqual([0x10, 0x11, 0x12, 0x13, 0xcc, 0xdd, 0x16, 0x17])
  })

  test('is refused with unaligned, as no boolean, and for valid', () => {
    const ops = { read: () => 0, write: () => undefined }
    const io = (more: object) => () => MemoryRegion.io('io', { ...ops, ...more } as MemoryRegionOps, 4)
    expect(io({ impl: { aligned: true, unaligned: true } })).toThrow(
      /^ops.impl.unaligned must be false where impl.aligned is true/,
    )
    expect(io({ impl: { aligned: 1 } })).toThrow(/^ops.impl.aligned must be a boolean, got 1$/)
    expect(io({ valid: { aligned: true } })).toThrow(/^ops.valid must have keys among minSize, maxSize, unaligned, got/)
  })
})
