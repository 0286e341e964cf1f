import fc from 'fast-check'
import { AddressSpace, GuestRam, MemoryRegion, MemTxResult, mirror } from 'guestmem'
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
