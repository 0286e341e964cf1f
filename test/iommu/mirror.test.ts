import fc from 'fast-check'
import { AddressSpace, GuestRam, MemoryRegion, MemTxResult, mirror, type RamBlock } from 'guestmem'
import { describe, expect, test } from 'vitest'
import { runs } from '../support/campaign.ts'

const ram = GuestRam.allocate(2 ** 16)

function memory(bytes: number): MemoryRegion {
  const block = ram.block('ram', bytes)
  for (let i = 0; i < bytes; i++) block.view()[i] = i * 7 + 3
  return MemoryRegion.ram('ram', block)
}

const target = memory(48)

describe('a mirror', () => {
  test('shows the byte that its undecoded address bits leave, at any size, unit and stride', () => {
    const power = (min: number, max: number) => fc.integer({ min, max }).map(bits => 2 ** bits)
    fc.assert(
      fc.property(power(0, 6), power(0, 4), fc.integer({ min: 1, max: 700 }), (unit, gap, size) => {
        const stride = unit * gap
        const region = mirror('mirror', target, size, { unit, stride })
        const space = new AddressSpace('space', region)
        expect(space.view.ranges).toHaveLength(1)
        for (let at = 0; at < size; at++) {
          const inTarget = (Math.floor(at / stride) * unit + (at % stride)) % 64
          const shown = at % stride < unit && inTarget < 48
          expect(space.load8(at)).toBe(shown ? (inTarget * 7 + 3) & 0xff : 0)
          expect(space.result).toBe(shown ? MemTxResult.OK : MemTxResult.DECODE_ERROR)
        }
        const bytes = new Uint8Array(size)
        space.read(0, bytes)
        expect([...bytes]).toEqual(Array.from({ length: size }, (_, at) => space.load8(at)))
        space.destroy()
      }),
      runs(150),
    )
  })

  test.each(['little', 'big'] as const)(
    'where seams are split, %s-endian: an access is its bytes, wherever it begins',
    endian => {
      const power = (min: number, max: number) => fc.integer({ min, max }).map(bits => 2 ** bits)
      fc.assert(
        fc.property(power(0, 4), power(0, 3), fc.integer({ min: 1, max: 200 }), (unit, gap, size) => {
          const region = mirror('mirror', target, size, { unit, stride: unit * gap })
          const space = new AddressSpace('space', region, { endian, seams: 'split' })
          for (let at = 0; at < size; at++)
            for (const width of [2, 4, 8]) {
              let due = 0n
              let result = 0
              for (let i = 0; i < width; i++) {
                due |= BigInt(space.load8(at + i)) << BigInt(8 * (endian === 'big' ? width - 1 - i : i))
                result |= space.result
              }
              const load = width === 2 ? space.load16(at) : width === 4 ? space.load32(at) : space.load64(at)
              expect([at, width, BigInt(load), space.result]).toEqual([at, width, due, result])
              space.fill(0, 0, size)
              if (width === 2) space.store16(at, 0x8182)
              else if (width === 4) space.store32(at, 0x8182_8384)
              else space.store64(at, 0x8182_8384_8586_8788n)
              const kept = Array.from({ length: width }, (_, i) => space.load8(at + i) !== 0)
              expect(kept).toEqual(
                Array.from({ length: width }, (_, i) => {
                  space.load8(at + i)
                  return space.result === MemTxResult.OK
                }),
              )
              for (let i = 0; i < 48; i++) (target.block as RamBlock).view()[i] = i * 7 + 3
            }
          space.destroy()
        }),
        runs(12),
      )
    },
  )

  test.each([2 ** 51, 2 ** 52, 2 ** 53, 2 ** 60, 2 ** 64])(
    'of a target of %d bytes, to the end of all addresses',
    bytes => {
      const container = MemoryRegion.container('container', bytes)
      const last = Math.min(bytes, 2 ** 53) - 64
      container.addSubregion(last, memory(64))
      for (const size of [2 ** 53, 2 ** 64]) {
        const space = new AddressSpace('space', mirror('mirror', container, size))
        for (let at = last; at < 2 ** 53; at += bytes) {
          space.store64(at + 8, 0x1122_3344_5566_7788n)
          expect([space.result, space.load32(at + 8), space.load8(at + 63)]).toEqual([0, 0x5566_7788, 63 * 7 + 3 - 256])
        }
        expect([space.load8(0), space.result]).toEqual([0, MemTxResult.DECODE_ERROR])
      }
    },
  )

  test('of registers: handlers get the offset in the target, and what is stored is stored once', () => {
    const seen: string[] = []
    const ops = {
      read: (offset: number, size: number) => offset * 16 + size,
      write: (offset: number, value: number, size: number) => void seen.push(`${offset} ${value} ${size}`),
    }
    const root = MemoryRegion.container('root', 2 ** 32)
    root.addSubregion(0x2000, mirror('ppu', MemoryRegion.io('registers', ops, 8), 0x2000))
    const space = new AddressSpace('space', root)
    expect(space.load8(0x2007)).toBe(0x71)
    expect(space.load16(0x3fea)).toBe(0x22)
    space.store8(0x2ffd, 9)
    expect(seen).toEqual(['5 9 1'])
    // Two mirrors: one access of the whole size, as a device at the end of its range gets it (RULES D4).
    expect(space.load8(0x3fff)).toBe(0x71)
  })

  test.each<[RegExp, () => unknown]>([
    [/^target must be a MemoryRegion/, () => mirror('m', {} as MemoryRegion, 8)],
    [/^size /, () => mirror('m', target, 0)],
    [/^options\.unit must be a power of two, got 3$/, () => mirror('m', target, 8, { unit: 3 })],
    [/^options\.unit must be an integer from 1 to 64, got 128$/, () => mirror('m', target, 8, { unit: 128 })],
    [/^options\.stride must be an integer from 4 /, () => mirror('m', target, 8, { unit: 4, stride: 2 })],
    [/^options must have keys among unit, stride, got "step"$/, () => mirror('m', target, 8, { step: 2 } as object)],
  ])('refuses %s', (message, call) => {
    expect(call).toThrow(message)
  })
})
