import {
  AddressSpace,
  atomicAdd32,
  atomicAdd64,
  atomicAdd64Pair,
  GuestRam,
  MemoryRegion,
  MemoryRegionCache,
  MemTxAttrs,
  MemTxResult,
  memTxFault,
  ScatterGatherList,
} from 'guestmem'
import { describe, expect, test } from 'vitest'

const { DECODE_ERROR, ACCESS_ERROR, ERROR } = MemTxResult

function board() {
  const told: unknown[][] = []
  const root = MemoryRegion.container('root', 2 ** 32)
  root.addSubregion(0, MemoryRegion.ram('ram', GuestRam.allocate(4096).block('ram', 4096)))
  const failing = { read: () => memTxFault(ERROR), write: () => memTxFault(ERROR), valid: { maxSize: 4 as const } }
  root.addSubregion(0x1_0000, MemoryRegion.io('failing', failing, 64))
  const fine = { read: () => 1, write: () => undefined }
  root.addSubregion(0x2_0000, MemoryRegion.io('fine', fine, 64))
  const onReject = (...args: unknown[]) => void told.push(args)
  return { told, space: new AddressSpace('space', root, { onReject }) }
}

const U = MemTxAttrs.UNSPECIFIED
const MEMORY = MemTxAttrs.of({ memory: true })

describe('onReject', () => {
  test.each<[string, (space: AddressSpace) => unknown, unknown[]]>([
    ['load8', space => space.load8(0x9000), [0x9000, 1, false, U, DECODE_ERROR]],
    ['load16', space => space.load16(0x9000), [0x9000, 2, false, U, DECODE_ERROR]],
    ['load32 of a device', space => space.load32(0x1_0004), [0x1_0004, 4, false, U, ERROR]],
    ['load32 over the end of RAM', space => space.load32(4094), [4094, 4, false, U, DECODE_ERROR]],
    ['load64', space => space.load64(0x9000), [0x9000, 8, false, U, DECODE_ERROR]],
    ['load64Pair', space => space.load64Pair(0x9000), [0x9000, 8, false, U, DECODE_ERROR]],
    ['store8', space => space.store8(0x9000, 1), [0x9000, 1, true, U, DECODE_ERROR]],
    ['store32 of a device', space => space.store32(0x1_0008, 1), [0x1_0008, 4, true, U, ERROR]],
    ['store64', space => space.store64(0x1_0008, 1n), [0x1_0008, 8, true, U, DECODE_ERROR]],
    ['for memory alone', space => space.load32(0x2_0000, MEMORY), [0x2_0000, 4, false, MEMORY, ACCESS_ERROR]],
    ['read', space => space.read(4000, new Uint8Array(200)), [4000, 200, false, U, DECODE_ERROR]],
    ['write', space => space.write(0x9000, new Uint8Array(3)), [0x9000, 3, true, U, DECODE_ERROR]],
    ['fill', space => space.fill(0x9000, 1, 3), [0x9000, 3, true, U, DECODE_ERROR]],
    ['copy', space => space.copy(0, space, 0x9000, 16), [0, 16, true, U, DECODE_ERROR]],
    ['above 2^32', space => space.load32(2 ** 40), [2 ** 40, 4, false, U, DECODE_ERROR]],
  ])('is called once for %s, cold and warm', (_what, access, due) => {
    const { told, space } = board()
    for (let i = 0; i < 4; i++) access(space)
    expect(told).toEqual([due, due, due, due])
    expect(space.result).toBe(due[4])
  })

  test.each<[string, (space: AddressSpace, cache: MemoryRegionCache) => unknown, unknown[]]>([
    ['a load of a cache', (_, cache) => cache.load32(8), [0x1_0008, 4, false, U, ERROR]],
    ['a store of a cache', (_, cache) => cache.store16be(8, 1), [0x1_0008, 2, true, U, ERROR]],
    ['a read of a cache', (_, cache) => cache.read(4, new Uint8Array(5)), [0x1_0004, 5, false, U, ERROR]],
    ['a write of a cache', (_, cache) => cache.write(4, new Uint8Array(5), MEMORY), [0x1_0004, 5, true, MEMORY, 4]],
    [
      'a list',
      space => new ScatterGatherList().add(space, 0x9000, 4).read(0, new Uint8Array(4)),
      [0x9000, 4, false, U, 2],
    ],
    [
      'a list past 2^53',
      space => new ScatterGatherList().add(space, 2n ** 63n, 4).write(0, new Uint8Array(4)),
      [2 ** 53, 4, true, U, DECODE_ERROR],
    ],
    [
      'a copy of lists from past 2^53',
      space => {
        const from = new ScatterGatherList().add(space, 2n ** 63n, 4)
        new ScatterGatherList().add(space, 0, 4).copyFrom(0, from, 0, 4)
      },
      [2 ** 53, 4, false, U, DECODE_ERROR],
    ],
    [
      'a copy of lists to past 2^53',
      space => {
        const from = new ScatterGatherList().add(space, 0, 4)
        new ScatterGatherList().add(space, 2n ** 63n, 4).copyFrom(0, from, 0, 4)
      },
      [2 ** 53, 4, true, U, DECODE_ERROR],
    ],
    ['atomicAdd32', space => atomicAdd32(space, 0x9000, 1), [0x9000, 4, true, U, DECODE_ERROR]],
  ])('is called once for %s', (_what, access, due) => {
    const { told, space } = board()
    const cache = new MemoryRegionCache(space, 0x1_0000, 64, { write: true })
    for (let i = 0; i < 3; i++) access(space, cache)
    expect(told).toEqual([due, due, due])
  })

  test('may make accesses: the one that it was told of is the latest all the same', () => {
    const root = MemoryRegion.container('root', 2 ** 32)
    root.addSubregion(0, MemoryRegion.ram('ram', GuestRam.allocate(4096).block('ram', 4096)))
    const told: number[] = []
    const space: AddressSpace = new AddressSpace('space', root, {
      onReject(_address, size) {
        told.push(size)
        expect(space.load64Pair(0)).toBe(0xffff_ffff)
        expect([space.result, registers.load32(0), registers.result]).toEqual([0, 1, 0])
      },
    })
    const ops = { read: (offset: number) => (offset === 0 ? 1 : memTxFault(ERROR)), write: () => memTxFault(ERROR) }
    root.addSubregion(0x1_0000, MemoryRegion.io('device', ops, 64))
    const registers = new MemoryRegionCache(space, 0x1_0000, 64, { write: true })
    space.store64(0, -1n)
    const accesses: (() => unknown)[] = [
      () => space.load8(0x9000),
      () => space.store16(0x9000, 1),
      () => space.load64(0x9000),
      () => space.load64Pair(0x9000),
      () => space.store64Pair(0x9000, 1, 2),
      () => space.read(0x9000, new Uint8Array(3)),
      () => space.copy(0, space, 0x9000, 0),
      () => space.copy(0x9000, space, 0, 16),
      () => atomicAdd32(space, 0x9000, 1),
      () => atomicAdd64(space, 0x9000, 1n),
      () => atomicAdd64Pair(space, 0x9000, 1, 2),
    ]
    for (let i = 0; i < 3; i++)
      for (const [which, access] of accesses.entries()) {
        const before = told.length
        access()
        const isRejected = told.length > before
        expect([which, space.result]).toEqual([which, isRejected ? DECODE_ERROR : 0])
        if (which === 3 || which === 10) expect([which, space.high]).toEqual([which, 0])
      }
    expect(told).toHaveLength(30)
    for (const access of [() => registers.load32(4), () => registers.write(0, new Uint8Array(8))]) {
      access()
      expect(registers.result).toBe(ERROR)
    }
  })

  test('is not called for a debugger', () => {
    const { told, space } = board()
    const cache = new MemoryRegionCache(space, 0x1_0000, 64, { write: true })
    const { DEBUG } = MemTxAttrs
    for (const access of [
      () => space.load32(0x9000, DEBUG),
      () => space.write(0x9000, new Uint8Array(4), DEBUG),
      () => atomicAdd32(space, 0x1_0000, 1, DEBUG),
      () => cache.load32(0, DEBUG),
      () => new ScatterGatherList().add(space, 2n ** 63n, 4).read(0, new Uint8Array(4), DEBUG),
    ])
      access()
    expect(told).toEqual([])
  })

  test('is not called where all is well, and what it throws reaches the caller', () => {
    const { told, space } = board()
    for (let i = 0; i < 3; i++) {
      space.store32(8, space.load32(4))
      space.load32(0x2_0000)
      space.write(0, new Uint8Array(100))
      space.copy(0, space, 64, 64)
    }
    expect(told).toEqual([])
    const angry = new AddressSpace('angry', MemoryRegion.container('none', 64), {
      onReject() {
        throw new Error('heard')
      },
    })
    expect(() => angry.load8(0)).toThrow('heard')
    expect(() => new AddressSpace('space', MemoryRegion.container('none', 64), { onReject: 5 as never })).toThrow(
      /^options\.onReject must be a function, got 5$/,
    )
  })
})
