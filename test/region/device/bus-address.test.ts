import fc from 'fast-check'
import {
  AddressSpace,
  accessValid,
  atomicAdd32,
  type BusAddressOps,
  MemoryRegion,
  MemTxResult,
  sizedOps,
  splitAccess,
  withBusAddress,
} from 'guestmem'
import { describe, expect, test } from 'vitest'
import { LONG } from '../../support/campaign.ts'

const SIZE = 0x40

/** A device that answers with the low byte of the address, and notes what each handler was told. */
function device(more: Partial<BusAddressOps> = {}) {
  const told: [offset: number, address: number][] = []
  const ops: BusAddressOps = {
    read(offset, size, _attrs, address) {
      told.push([offset, address])
      return size === 1 ? address & 0xff : address
    },
    write(offset, _value, _size, _attrs, address) {
      told.push([offset, address])
    },
    ...more,
  }
  return { told, ops }
}

/** What is told of `told` when a byte at `offset` is at `address`: that the two keep their distance. */
const distances = (told: readonly [number, number][]) => new Set(told.map(([offset, address]) => address - offset))

describe('the address on the bus', () => {
  test('is each alias its own, through aliases of aliases, in each space its own', () => {
    const { told, ops } = device()
    const region = MemoryRegion.io('device', withBusAddress(ops), SIZE)
    const root = MemoryRegion.container('root', 2 ** 40)
    root.addSubregion(0x1000, region)
    const part = MemoryRegion.alias('part', region, 0x10, 0x20)
    root.addSubregion(0x2000, part)
    root.addSubregion(2 ** 33, MemoryRegion.alias('alias of an alias', part, 8, 8))
    const space = new AddressSpace('root', root)
    const alone = new AddressSpace('alone', region)
    expect([space.load32(0x1004), space.load32(0x2004), space.load32(2 ** 33 + 4), alone.load32(4)]).toEqual([
      0x1004, 0x2004, 4, 4,
    ])
    expect(told).toEqual([
      [4, 0x1004],
      [0x14, 0x2004],
      [0x1c, 2 ** 33 + 4],
      [4, 4],
    ])
    part.setAliasOffset(0)
    told.length = 0
    space.store8(0x2004, 1)
    part.setAddress(0x3000)
    space.store16(0x3006, 1)
    expect(told).toEqual([
      [4, 0x2004],
      [6, 0x3006],
    ])
  })

  test('is right for each piece of an access, of a request and of a bounce buffer', () => {
    for (const impl of [{}, { maxSize: 1 }, { minSize: 4 }, { minSize: 2, aligned: true }] as const) {
      const { told, ops } = device({ impl, valid: { unaligned: true } })
      const root = MemoryRegion.container('root', 0x8000)
      root.addSubregion(
        0x5000,
        MemoryRegion.alias('alias', MemoryRegion.io('device', withBusAddress(ops), SIZE), 8, 32),
      )
      const space = new AddressSpace('root', root)
      space.load64(0x5001)
      space.store64(0x5008, 1n)
      space.read(0x5000, new Uint8Array(32))
      space.write(0x5003, new Uint8Array(13))
      const window = space.map(0x5000, 16, { write: true })
      window?.unmap()
      expect(told.length).toBeGreaterThan(16)
      expect(distances(told)).toEqual(new Set([0x5000 - 8]))
    }
  })

  test('reaches every handler, as its last argument', () => {
    const told: [number, number][] = []
    const tell = <T>(offset: number, address: number, answer: T): T => {
      told.push([offset, address])
      return answer
    }
    const ops: BusAddressOps = {
      read: (offset, _size, _attrs, address) => tell(offset, address, 0),
      write: (offset, _value, _size, _attrs, address) => tell(offset, address, undefined),
      read64: (offset, _attrs, address) => tell(offset, address, 0n),
      write64: (offset, _value, _attrs, address) => tell(offset, address, undefined),
      readBytes: (offset, into, _attrs, address) => tell(offset, address, void into.fill(0)),
      writeBytes: (offset, _from, _attrs, address) => tell(offset, address, undefined),
      accepts: (offset, _size, _isWrite, _attrs, address) => tell(offset, address, true),
    }
    const root = MemoryRegion.container('root', 0x8000)
    root.addSubregion(0x700, MemoryRegion.io('device', withBusAddress(ops), 0x100))
    const space = new AddressSpace('root', root)
    for (const access of [
      () => space.load32(0x704),
      () => space.store32(0x704, 0),
      () => space.load64(0x708),
      () => space.store64(0x708, 0n),
      () => space.read(0x710, new Uint8Array(64)),
      () => space.write(0x710, new Uint8Array(64)),
      () => accessValid(space, 0x720, 4),
    ]) {
      told.length = 0
      access()
      expect(told.length, String(access)).toBeGreaterThan(0)
      expect(distances(told), String(access)).toEqual(new Set([0x700]))
    }
  })

  test('is put back after an access that a handler makes to its own device elsewhere', () => {
    const told: number[] = []
    let nested = false
    let fails = false
    const ops: BusAddressOps = {
      read(offset, _size, _attrs, address) {
        told.push(address)
        if (!nested && offset === 0) {
          nested = true
          try {
            space.load8(0x200)
          } catch {
            // It was thrown on purpose.
          } finally {
            nested = false
          }
        } else if (nested && fails) throw new Error('on purpose')
        return 0
      },
      write: () => {},
      impl: { maxSize: 1 },
    }
    const region = MemoryRegion.io('device', withBusAddress(ops), 16, { reentrancyGuard: false })
    const root = MemoryRegion.container('root', 0x1000)
    root.addSubregion(0x100, region)
    root.addSubregion(0x200, MemoryRegion.alias('alias', region, 0, 16))
    const space = new AddressSpace('root', root)
    for (fails of [false, true]) {
      told.length = 0
      space.load32(0x100)
      expect(told).toEqual([0x100, 0x200, 0x101, 0x102, 0x103])
    }
  })

  test('goes through sizedOps, whose handlers are called at the register', () => {
    const { told, ops } = device()
    const root = MemoryRegion.container('root', 0x1000)
    root.addSubregion(0x100, MemoryRegion.io('device', sizedOps(withBusAddress(ops), 4, 'merged'), 16))
    const space = new AddressSpace('root', root)
    space.store8(0x106, 1)
    expect(told).toEqual([
      [4, 0x104],
      [4, 0x104],
    ])
  })

  test('is, behind a translation, the address that was translated to', () => {
    const { told, ops } = device()
    const target = MemoryRegion.container('target', 0x1000)
    target.addSubregion(0x20, MemoryRegion.io('device', withBusAddress(ops), 16))
    const root = MemoryRegion.container('root', 0x1_0000)
    root.addSubregion(0x8000, splitAccess('split', { reads: target, writes: target }, 0x1000))
    const space = new AddressSpace('root', root)
    space.load8(0x8021)
    expect(told).toEqual([[1, 0x21]])
    expect(space.result).toBe(MemTxResult.OK)
  })

  test('keeps what the ops say else, and `this` of a class', () => {
    class Device {
      readonly valid = { minSize: 4, maxSize: 4 } as const
      readonly endianness = 'big'
      latest = -1
      read(_offset: number, _size: number, _attrs: unknown, address: number): number {
        this.latest = address
        return 0x0102_0304
      }
      write(): void {}
    }
    const ops = new Device()
    const root = MemoryRegion.container('root', 0x1000)
    root.addSubregion(0x40, MemoryRegion.io('device', withBusAddress(ops), 16))
    const space = new AddressSpace('root', root)
    expect([space.load32(0x44), ops.latest]).toEqual([0x0403_0201, 0x44])
    space.load8(0x44)
    expect(space.result).toBe(MemTxResult.DECODE_ERROR)
  })

  test('is the address of the access on random maps', () => {
    const alias = fc.record({
      at: fc.integer({ min: 0, max: 0xff0 }),
      offset: fc.integer({ min: 0, max: SIZE - 1 }),
      size: fc.integer({ min: 1, max: 0x80 }),
      priority: fc.integer({ min: -2, max: 2 }),
      of: fc.nat(),
    })
    const accesses = fc.array(fc.tuple(fc.integer({ min: 0, max: 0xff0 }), fc.constantFrom(1, 2, 4, 16)), {
      minLength: 1,
      maxLength: 20,
      ...LONG,
    })
    fc.assert(
      fc.property(fc.array(alias, { minLength: 1, maxLength: 8 }), accesses, (aliases, list) => {
        const { told, ops } = device({ valid: { unaligned: true }, impl: { unaligned: true } })
        const region = MemoryRegion.io('device', withBusAddress(ops), SIZE)
        const root = MemoryRegion.container('root', 0x2000)
        const targets: MemoryRegion[] = [region]
        for (const { at, offset, size, priority, of } of aliases) {
          const target = targets[of % targets.length] as MemoryRegion
          const shown = MemoryRegion.alias('alias', target, Math.min(offset, target.size - 1), size)
          targets.push(shown)
          root.addSubregion(at, shown, priority)
        }
        const space = new AddressSpace('root', root)
        for (const [address, size] of list) {
          told.length = 0
          space.read(address, new Uint8Array(size))
          for (const [offset, at] of told) {
            // A piece may reach over what is shown of the device (RULES D4), but begins in it.
            const range = space.view.find(at)
            expect(range?.region).toBe(region)
            expect((range?.offset ?? 0) + (at - (range?.start ?? 0))).toBe(offset)
            expect(at).toBeGreaterThanOrEqual(address)
            expect(at).toBeLessThan(address + size)
          }
        }
      }),
      { numRuns: 2000 },
    )
  })

  test('refuses what is no ops', () => {
    for (const bad of [undefined, null, 3, {}, { read: () => 0 }, { read: () => 0, write: () => {}, valid: 3 }])
      expect(() => withBusAddress(bad as never)).toThrow(/^ops/)
  })
})

test('what atomic accesses are is as without', () => {
  const refusing = new AddressSpace(
    'space',
    MemoryRegion.io('device', withBusAddress(device({ atomics: 'refuse' }).ops), SIZE),
  )
  expect([atomicAdd32(refusing, 0, 1), refusing.result]).toEqual([0, MemTxResult.DECODE_ERROR])
  const { ops } = device()
  const own = { ...ops, base: 7, atomics: undefined as BusAddressOps['atomics'] }
  own.atomics = function (this: typeof own, offset) {
    return this.base + offset
  }
  const bridging = new AddressSpace('space', MemoryRegion.io('device', withBusAddress(own), SIZE))
  expect([atomicAdd32(bridging, 8, 1), bridging.result]).toEqual([15, MemTxResult.OK])
})
