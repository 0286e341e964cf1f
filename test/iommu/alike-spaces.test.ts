import {
  AddressSpace,
  type AddressSpaceOptions,
  atomicAdd16,
  atomicExchange32,
  GuestRam,
  HOST_PROFILES,
  MemoryRegion,
  MemoryRegionCache,
  mirror,
  splitAccess,
  translate,
} from 'guestmem'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { PAGE } from '../support/board.ts'

afterEach(() => vi.restoreAllMocks())

/** The ways to show a region of a page that are to make no difference to an access of it. */
const WAYS: Record<string, (target: MemoryRegion) => MemoryRegion> = {
  alias: target => MemoryRegion.alias('alias', target, 0, PAGE),
  mirror: target => mirror('mirror', target, 4 * PAGE),
  'mirror of a mirror': target => mirror('mirror', mirror('inner', target, PAGE), 4 * PAGE),
  splitAccess: target => splitAccess('split', { reads: target, writes: target }, PAGE),
  'splitAccess of mirrors': target =>
    splitAccess('split', { reads: mirror('reads', target, PAGE), writes: mirror('writes', target, PAGE) }, PAGE),
}

describe.each(Object.keys(WAYS))('a space that shows a region by way of: %s', name => {
  const way = WAYS[name] as (target: MemoryRegion) => MemoryRegion

  test.each(
    (['little', 'big'] as const).flatMap(endian =>
      (['native', 'little', 'big'] as const).map(endianness => ({ endian, endianness })),
    ),
  )('$endian-endian, of a device that is $endianness: the values of the device itself', ({ endian, endianness }) => {
    const seen = ['', ''].map((_, isBehind) => {
      const calls: unknown[] = []
      const ops = {
        read: (offset: number, size: number) => 0x8182_8384 + offset * size,
        write: (...call: unknown[]) => void calls.push(call.slice(0, 3)),
        endianness,
      }
      const device = MemoryRegion.io('device', ops, PAGE)
      const space = new AddressSpace('space', isBehind ? way(device) : device, { endian })
      const cache = new MemoryRegionCache(space, 16, 32, { write: true })
      const bytes = new Uint8Array(9)
      space.store16(2, 0x0102)
      space.store32(4, 0x0304_0506)
      space.store64(8, 0x0708_090a_0b0c_0d0en)
      space.write(16, Uint8Array.of(1, 2, 3, 4, 5, 6))
      space.fill(32, 0x77, 5)
      cache.store32(8, 0x0304_0506)
      space.read(3, bytes)
      const loaded = [space.load16(2), space.load32(4), space.load64(8), cache.load32(4), atomicAdd16(space, 6, 1)]
      return [calls, bytes, loaded, atomicExchange32(space, 8, 0x1234_5678)]
    })
    expect(seen[1]).toEqual(seen[0])
  })

  test.each(['by-mapping', 'normal-only', 'normal-or-writecombine'] as const)('its policy: %s', directAccess => {
    const [itself, behind] = ['', ''].map((_, isBehind) => {
      const block = GuestRam.allocate(PAGE).block('bar', PAGE)
      const bar = MemoryRegion.ramDevice('bar', block, { cacheMode: 'writecombine' })
      const space = new AddressSpace('space', isBehind ? way(bar) : bar, { directAccess })
      const query = { write: true }
      return [space.map(0, 64, query)?.direct, translate(space, 0, 8, query).direct, translate(space, 0, 8).direct]
    })
    expect(behind).toEqual(itself)
  })

  test.each<Required<Pick<AddressSpaceOptions, 'ordering'>>['ordering']>(['auto', 'weak', 'tso', 'sc'])(
    'its ordering: %s',
    ordering => {
      const [itself, behind] = ['', ''].map((_, isBehind) => {
        const ram = GuestRam.allocate(PAGE, { host: HOST_PROFILES['x86-64'], order: 'host', shared: true })
        const region = MemoryRegion.ram('ram', ram.block('ram', PAGE))
        const space = new AddressSpace('space', isBehind ? way(region) : region, { ordering })
        const { store } = Atomics
        let stores = 0
        vi.spyOn(Atomics, 'store').mockImplementation(((...args: Parameters<typeof store>) => {
          if (args[0].buffer === ram.buffer) stores++
          return store(...args)
        }) as typeof store)
        space.store8(1, 5)
        space.store16(2, 6)
        vi.restoreAllMocks()
        expect([space.load8(1), space.load16(2)]).toEqual([5, 6])
        return stores
      })
      expect(behind).toEqual(itself)
      expect(itself).toBe(ordering === 'sc' ? 2 : 0)
    },
  )
})

test('two kinds of spaces show one mirror at the same time', () => {
  const ops = { read: () => 0x1122_3344, write: () => undefined }
  const region = mirror('mirror', MemoryRegion.io('device', ops, 16), PAGE)
  const [little, big] = (['little', 'big'] as const).map(endian => new AddressSpace(endian, region, { endian }))
  const bytes = new Uint8Array(4)
  for (let i = 0; i < 3; i++) {
    for (const [space, due] of [
      [little, [0x44, 0x33, 0x22, 0x11]],
      [big, [0x11, 0x22, 0x33, 0x44]],
    ] as [AddressSpace, number[]][]) {
      expect(space.load32(16 * i)).toBe(0x1122_3344)
      space.read(32, bytes)
      expect([...bytes]).toEqual(due)
    }
  }
})
