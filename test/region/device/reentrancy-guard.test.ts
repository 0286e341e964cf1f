import { AddressSpace, GuestRam, MemoryRegion, MemTxResult } from 'guestmem'
import { describe, expect, test } from 'vitest'
import { actor, board } from '../../support/actor.ts'
import { bytes } from '../../support/board.ts'

describe('G7 a device that enters itself', () => {
  test('is refused: no call, zero data, ACCESS_ERROR; the outer access goes on', () => {
    const inner: unknown[] = []
    const ops = actor(() => {
      inner.push(space.load32(8), space.result)
      space.store32(8, 1)
      inner.push(space.result)
      const buffer = new Uint8Array(4).fill(0xee)
      inner.push(space.read(8, buffer), [...buffer], space.write(8, bytes(1, 2, 3, 4)))
      return 7
    })
    const space = board([ops])
    const { ACCESS_ERROR } = MemTxResult
    const refused = [0, ACCESS_ERROR, ACCESS_ERROR, ACCESS_ERROR, [0, 0, 0, 0], ACCESS_ERROR]
    expect(space.load32(0)).toBe(7)
    expect(space.result).toBe(MemTxResult.OK)
    expect([inner, ops.entered]).toEqual([refused, 1])
    space.store32(0, 1)
    expect(space.result).toBe(MemTxResult.OK)
    expect([inner, ops.entered]).toEqual([[...refused, ...refused], 2])
  })

  test('is refused in 64 bits, and where pieces are adapted', () => {
    let inner: unknown[] = []
    const ops = {
      ...actor(() => {
        inner = [space.load64(8), space.result]
        space.store64(8, 1n)
        inner.push(space.result)
        return 7
      }),
      impl: { maxSize: 1 } as const,
    }
    const space = board([ops])
    expect(space.load64(0)).toBe(0x0707_0707_0707_0707n)
    expect(inner).toEqual([0n, MemTxResult.ACCESS_ERROR, MemTxResult.ACCESS_ERROR])
  })

  test('is refused after validity was looked at', () => {
    let result = 0
    const space = board([
      {
        ...actor(() => {
          space.load32(1)
          result = space.result
          return 0
        }),
      },
    ])
    space.load8(0)
    expect(result).toBe(MemTxResult.DECODE_ERROR)
  })

  test('is refused through another device and back, and through another of its regions', () => {
    const owner = {}
    const seen: number[] = []
    const first = actor(() => {
      space.load8(16)
      seen.push(space.result)
      space.load8(32)
      seen.push(space.result)
      return 1
    })
    const other = actor(() => {
      space.load8(0)
      seen.push(space.result)
      return 2
    })
    const sibling = actor(() => 3)
    const space = board([first, { owner }], [other], [sibling, { owner }])
    expect(space.load8(0)).toBe(1)
    expect(seen).toEqual([MemTxResult.ACCESS_ERROR, MemTxResult.OK, MemTxResult.ACCESS_ERROR])
    expect([first.entered, other.entered, sibling.entered]).toEqual([1, 1, 0])
    expect(space.load8(32)).toBe(3)
  })

  test('is refused through another space over the same device', () => {
    let result = -1
    const ops = actor(() => {
      second.load8(4)
      result = second.result
      return 1
    })
    const region = MemoryRegion.io('device', ops, 16)
    const first = new AddressSpace('first', region)
    const second = new AddressSpace('second', MemoryRegion.alias('alias', region, 0, 16))
    expect(first.load8(0)).toBe(1)
    expect([result, ops.entered]).toEqual([MemTxResult.ACCESS_ERROR, 1])
  })

  test('shares the guard by its ops where no owner is given', () => {
    const ops = actor(offset => (offset === 0 ? space.load8(20) : 9))
    const space = board([ops], [ops])
    expect(space.load8(0)).toBe(0)
    expect(space.load8(20)).toBe(9)
    const owned = actor(offset => (offset === 0 ? apart.load8(20) : 9))
    const apart = board([owned, { owner: {} }], [owned, { owner: {} }])
    expect(apart.load8(0)).toBe(9)
  })

  test('is let in where it opted out, and does not open the device for others', () => {
    const owner = {}
    let depth = 0
    const seen: number[] = []
    const open = actor(() => {
      if (depth++ < 3) space.load8(0)
      return depth
    })
    const guarded = actor(() => {
      space.load8(0)
      seen.push(space.result)
      space.load8(20)
      seen.push(space.result)
      return 5
    })
    const space = board([open, { owner, reentrancyGuard: false }], [guarded, { owner }])
    expect(space.load8(16)).toBe(5)
    expect(seen).toEqual([MemTxResult.OK, MemTxResult.ACCESS_ERROR])
    expect([open.entered, guarded.entered]).toEqual([4, 1])
  })

  test('a refused access does not end the mark of the running one', () => {
    const results: number[] = []
    const ops = actor(() => {
      for (let i = 0; i < 3; i++) {
        space.load8(1)
        results.push(space.result)
      }
      return 0
    })
    const space = board([ops])
    space.load8(0)
    expect(results).toEqual([4, 4, 4])
    expect(ops.entered).toBe(1)
  })

  test('memory is not guarded: a handler reaches RAM, ROM and unassigned addresses', () => {
    const ram = GuestRam.allocate(65536)
    const root = MemoryRegion.container('root', 256)
    root.addSubregion(64, MemoryRegion.ram('ram', ram.block('ram', 16)))
    const results: number[] = []
    const ops = actor(() => {
      space.store32(64, 0xabcd)
      results.push(space.result)
      space.load32(128)
      results.push(space.result)
      return space.load32(64)
    })
    root.addSubregion(0, MemoryRegion.io('dma', ops, 16))
    const space = new AddressSpace('space', root)
    expect(space.load32(0)).toBe(0xabcd)
    expect(results).toEqual([MemTxResult.OK, MemTxResult.DECODE_ERROR])
    expect(space.result).toBe(MemTxResult.OK)
  })

  test('exempt: a region while it is readonly itself, not one that is shown through something readonly', () => {
    const results: number[] = []
    const calls: number[] = []
    const ops = actor(offset => {
      calls.push(offset)
      if (offset !== 0) return offset
      space.load8(4)
      results.push(space.result)
      space.store32(8, 1)
      results.push(space.result)
      space.read(12, new Uint8Array(2))
      results.push(space.result)
      return 1
    })
    const region = MemoryRegion.io('device', ops, 16)
    const alias = MemoryRegion.alias('alias', region, 0, 16)
    const root = MemoryRegion.container('root', 64)
    root.addSubregion(0, alias)
    const space = new AddressSpace('space', root)
    const run = () => {
      results.length = 0
      calls.length = 0
      expect([space.load8(0), space.result]).toEqual([1, MemTxResult.OK])
      return [...results]
    }
    const refused = [MemTxResult.ACCESS_ERROR, MemTxResult.ACCESS_ERROR, MemTxResult.ACCESS_ERROR]
    expect(run()).toEqual(refused)
    alias.setReadonly(true)
    expect(run()).toEqual(refused)
    region.setReadonly(true)
    expect(run()).toEqual([0, 0, 0])
    expect(calls).toEqual([0, 4, 8, 12])
    region.setReadonly(false)
    expect(run()).toEqual(refused)
  })

  test('exempt: a readonly region of a device that is inside another one; it sets no mark, and clears none', () => {
    const owner = {}
    const results: number[] = []
    const open = actor(offset => {
      // It set no mark, so the device's other region is free, unless that runs.
      if (offset === 0) {
        space.load8(4)
        results.push(space.result)
      }
      return 2
    })
    const guarded = actor(offset => {
      if (offset === 4) return 0
      space.load8(17)
      results.push(space.result)
      space.load8(4)
      results.push(space.result)
      return 3
    })
    const root = MemoryRegion.container('root', 64)
    const readonly = MemoryRegion.io('readonly', open, 16, { owner })
    readonly.setReadonly(true)
    root.addSubregion(0, MemoryRegion.io('guarded', guarded, 16, { owner }))
    root.addSubregion(16, readonly)
    const space = new AddressSpace('space', root)
    expect(space.load8(0)).toBe(3)
    expect(results).toEqual([MemTxResult.OK, MemTxResult.ACCESS_ERROR])
    results.length = 0
    expect(space.load8(16)).toBe(2)
    expect(results).toEqual([MemTxResult.OK])
  })

  test('a region that becomes readonly while its handler runs: the mark is cleared at the end of the access', () => {
    let turn = true
    const ops = actor(() => {
      if (turn) region.setReadonly(true)
      return 1
    })
    const region = MemoryRegion.io('device', ops, 16)
    const space = new AddressSpace('space', region)
    expect(space.load8(0)).toBe(1)
    turn = false
    region.setReadonly(false)
    expect([space.load8(0), space.result]).toEqual([1, MemTxResult.OK])
  })

  test('exempt: a ram device that is not accessed directly, and a ROM device, of a device that is inside a handler', () => {
    const owner = {}
    const results: number[] = []
    const guest = GuestRam.allocate(65536)
    const root = MemoryRegion.container('root', 2 ** 20)
    const flashed = actor(() => 0)
    const ops = actor(() => {
      for (const address of [0x1000, 0x2000]) {
        space.store32(address, 7)
        results.push(space.result)
        space.load32(address)
        results.push(space.result)
      }
      return 1
    })
    root.addSubregion(0, MemoryRegion.io('device', ops, 16, { owner }))
    root.addSubregion(0x1000, MemoryRegion.ramDevice('bar', guest.block('bar', 4096), { cacheMode: 'device' }))
    const flash = MemoryRegion.romDevice('flash', flashed, guest.block('flash', 4096), { owner })
    flash.setRomdMode(false)
    root.addSubregion(0x2000, flash)
    const space = new AddressSpace('space', root, { directAccess: 'normal-only' })
    expect(space.load32(0)).toBe(1)
    expect(results).toEqual([0, 0, 0, 0])
    expect(flashed.entered).toBe(2)
  })
})
