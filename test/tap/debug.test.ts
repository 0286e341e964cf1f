import fc from 'fast-check'
import {
  AddressSpace,
  DirtyClient,
  GuestRam,
  MemoryRegion,
  type MemoryRegionOps,
  MemTxAttrs,
  MemTxResult,
  memTxFault,
  mirror,
  SparseRam,
  sizedOps,
  startGlobalDirtyLog,
  stopGlobalDirtyLog,
  testAndClearDirty,
  withBusAddress,
} from 'guestmem'
import { describe, expect, test } from 'vitest'
import { runs } from '../support/campaign.ts'

const { DEBUG } = MemTxAttrs
const { OK, ACCESS_ERROR, DECODE_ERROR, ERROR } = MemTxResult

/** Fails where a handler other than `peek` is called. */
function silent(more: Partial<MemoryRegionOps> = {}): MemoryRegionOps {
  const never = (): never => {
    throw new Error('a handler was called')
  }
  return { read: never, write: never, accepts: never, readBytes: never, writeBytes: never, ...more }
}

const bytesAt = (offset: number) => (offset * 37 + 1) & 0xff
/** What bytes form, as a device of this byte order has it. */
function formed(offset: number, size: number, big: boolean): number {
  let value = 0
  for (let i = 0; i < size; i++) value = value * 256 + bytesAt(offset + (big ? i : size - 1 - i))
  return value
}

const ram = GuestRam.allocate(0x8000)
const blocks = ['ram', 'rom', 'flash', 'registers'].map(name => ram.block(name, 0x1000))
const [ramBlock, romBlock, flashBlock, registerBlock] = blocks as [never, never, never, never]

function board(ops: MemoryRegionOps, options = {}) {
  new Uint8Array(ram.buffer).fill(0)
  const root = MemoryRegion.container('root', 0x10_0000)
  const regions = {
    ram: MemoryRegion.ram('ram', ramBlock),
    rom: MemoryRegion.rom('rom', romBlock),
    flash: MemoryRegion.romDevice('flash', silent(), flashBlock),
    registers: MemoryRegion.ramDevice('registers', registerBlock),
    device: MemoryRegion.io('device', ops, 0x100),
  }
  const rejected: number[] = []
  Object.values(regions).forEach((region, index) => {
    root.addSubregion(0x1000 * index, region)
  })
  root.addSubregion(0x6000, mirror('mirror', regions.rom, 0x2000))
  const onReject = (address: number) => rejected.push(address)
  return { root, regions, rejected, space: new AddressSpace('cpu', root, { onReject, ...options }) }
}

const AT = {
  ram: 0,
  rom: 0x1000,
  flash: 0x2000,
  registers: 0x3000,
  device: 0x4000,
  nothing: 0x5000,
  mirror: 0x7000,
} as const

describe.each(['little', 'big'] as const)('a debugger, of a %s-endian target', endian => {
  const store = (space: AddressSpace, address: number, size: number, value: bigint) => {
    if (size === 8) space.store64(address, value, DEBUG)
    else space[`store${(size * 8) as 8 | 16 | 32}`](address, Number(value), DEBUG)
    return space.result
  }
  const load = (space: AddressSpace, address: number, size: number) =>
    size === 8 ? space.load64(address, DEBUG) : BigInt(space[`load${(size * 8) as 8 | 16 | 32}`](address, DEBUG))

  test.each(['ram', 'rom', 'flash', 'mirror'] as const)(
    'reads and writes %s, in each size, and marks nothing',
    place => {
      const { space, rejected } = board(silent(), { endian })
      startGlobalDirtyLog()
      try {
        for (const block of blocks) testAndClearDirty(block, 0, 0x1000, DirtyClient.MIGRATION)
        for (const size of [1, 2, 4, 8])
          for (const at of [0, 16, 33, 0xff0]) {
            const value = BigInt.asUintN(8 * size, 0x8877_6655_4433_2211n)
            expect(store(space, AT[place] + at, size, value)).toBe(OK)
            expect(load(space, AT[place] + at, size)).toBe(value)
          }
        expect(space.write(AT[place] + 100, Uint8Array.of(1, 2, 3), DEBUG)).toBe(OK)
        const bytes = new Uint8Array(3)
        expect(space.read(AT[place] + 100, bytes, DEBUG)).toBe(OK)
        expect([...bytes]).toEqual([1, 2, 3])
        expect(rejected).toEqual([])
        for (const block of blocks) expect(testAndClearDirty(block, 0, 0x1000, DirtyClient.MIGRATION)).toBe(false)
      } finally {
        stopGlobalDirtyLog()
      }
    },
  )

  test('is refused by what has no peek, registers, and nothing; no handler is called, and nobody is told', () => {
    const { space, rejected } = board(silent(), { endian })
    for (const place of ['device', 'registers'] as const) {
      expect([load(space, AT[place], 4), space.result]).toEqual([0n, ACCESS_ERROR])
      expect(store(space, AT[place], 4, 1n)).toBe(ACCESS_ERROR)
      const bytes = new Uint8Array(20).fill(1)
      expect(space.read(AT[place], bytes, DEBUG)).toBe(ACCESS_ERROR)
      expect(bytes.every(byte => byte === 0)).toBe(true)
      expect(space.write(AT[place], bytes, DEBUG)).toBe(ACCESS_ERROR)
      expect(space.fill(AT[place], 1, 20, DEBUG)).toBe(ACCESS_ERROR)
    }
    expect([load(space, AT.nothing, 4), space.result]).toEqual([0n, DECODE_ERROR])
    expect(store(space, AT.nothing, 4, 1n)).toBe(DECODE_ERROR)
    expect(rejected).toEqual([])
  })

  test('writes nothing to a device that has a peek', () => {
    const { space } = board(silent({ peek: () => 1 }), { endian })
    expect(store(space, AT.device, 4, 1n)).toBe(ACCESS_ERROR)
    expect(space.write(AT.device, new Uint8Array(20), DEBUG)).toBe(ACCESS_ERROR)
    expect(space.fill(AT.device, 1, 20, DEBUG)).toBe(ACCESS_ERROR)
  })

  test('reads of a device what it says, whatever sizes its handlers take, at any address', () => {
    fc.assert(
      fc.property(
        fc.record({
          device: fc.constantFrom('little', 'big', 'native'),
          min: fc.constantFrom(1, 2, 4, 8),
          max: fc.constantFrom(1, 2, 4, 8),
          start: fc.nat(60),
          length: fc.nat(40),
          way: fc.constantFrom('plain', 'bus', 'within'),
        }),
        ({ device, min, max, start, length, way }) => {
          if (min > max) return
          const big = (device === 'native' ? endian : device) === 'big'
          const sizes: number[] = []
          const ops = silent({
            peek: (offset, size) => {
              sizes.push(size)
              expect(offset % size).toBe(0)
              return formed(offset, size, big)
            },
            valid: { minSize: 4, maxSize: 4 },
            impl: { minSize: min as 1, maxSize: max as 1 },
            endianness: device as 'big',
            read64: () => 0n,
            write64: () => {},
          })
          const bus = {
            ...ops,
            peek: (o: number, s: number, _: MemTxAttrs, at: number) => (at === AT.device + o ? formed(o, s, big) : 0),
          }
          const { space } = board(way === 'bus' ? withBusAddress(bus) : ops, { endian })
          const bytes = new Uint8Array(length)
          expect(space.read(AT.device + start, bytes, DEBUG)).toBe(OK)
          expect([...bytes]).toEqual(Array.from({ length }, (_, i) => bytesAt(start + i)))
          for (const size of sizes) expect(size >= Math.min(min, 4) && size <= Math.min(max, 4)).toBe(true)
          for (const size of [1, 2, 4, 8]) {
            const whole = new Uint8Array(size)
            space.read(AT.device + start, whole, DEBUG)
            const digits = [...(endian === 'big' ? whole : whole.reverse())].map(byte =>
              byte.toString(16).padStart(2, '0'),
            )
            expect(load(space, AT.device + start, size)).toBe(BigInt(`0x${digits.join('')}`))
          }
        },
      ),
      runs(600),
    )
  })
})

describe('a peek', () => {
  test('may be asked while a handler of its device runs, and may fail', () => {
    let seen: unknown
    const ops: MemoryRegionOps = {
      read: () => {
        seen = [space.load32(AT.device, DEBUG), space.result, space.load32(AT.device + 4, DEBUG), space.result]
        return 5
      },
      write: () => {},
      peek: offset => (offset === 0 ? 7 : memTxFault(ERROR, 9)),
    }
    const { space } = board(ops)
    expect(space.load32(AT.device)).toBe(5)
    expect(seen).toEqual([7, OK, 9, ERROR])
  })

  test('of sizedOps gets whole registers', () => {
    const sizes: number[] = []
    const peek = (offset: number, size: number) => {
      sizes.push(size)
      return formed(offset, size, false)
    }
    const { space } = board(
      sizedOps(
        silent({ peek, endianness: 'little', accepts: undefined, readBytes: undefined, writeBytes: undefined }),
        4,
        'merged',
      ),
    )
    expect(space.load8(AT.device + 6, DEBUG)).toBe(bytesAt(6))
    expect(space.load16(AT.device + 2, DEBUG)).toBe(formed(2, 2, false))
    expect(sizes).toEqual([4, 4])
  })

  test('must be a function, and give a number', () => {
    expect(() => MemoryRegion.io('x', silent({ peek: 5 as never }), 8)).toThrow(/ops.peek must be a function, got 5/)
    const { space } = board(silent({ peek: () => '5' as never }))
    expect(() => space.load8(AT.device, DEBUG)).toThrow(TypeError)
  })
})

describe('RAM that is not allocated yet', () => {
  test('reads as zero, and is allocated by what is written', () => {
    const sparse = new SparseRam()
    const root = MemoryRegion.container('root', 0x10000)
    root.addSubregion(0, MemoryRegion.rom('rom', sparse.blocks('rom', 0x1000)))
    const space = new AddressSpace('cpu', root)
    expect([space.load32(0, DEBUG), space.result]).toEqual([0, OK])
    space.store32(4, 0x1234, DEBUG)
    expect([space.result, space.load32(4)]).toEqual([OK, 0x1234])
  })
})

test('an attribute of its own, with others', () => {
  expect(MemTxAttrs.of({ debug: true, secure: true, requesterId: 3 })).toMatchObject({
    debug: true,
    secure: true,
    fetch: false,
  })
  expect(DEBUG).toMatchObject({ debug: true, strict: true, requesterId: 0 })
  expect(() => MemTxAttrs.of({ debug: 1 as never })).toThrow(/init.debug must be a boolean, got 1/)
})
