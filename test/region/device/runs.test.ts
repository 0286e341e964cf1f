import fc from 'fast-check'
import {
  AddressSpace,
  GuestRam,
  MemoryRegion,
  type MemoryRegionOps,
  MemTxResult,
  memTxFault,
  ScatterGatherList,
} from 'guestmem'
import { describe, expect, test } from 'vitest'
import { runs } from '../../support/campaign.ts'

const SIZE = 3000

/** An emulator's own RAM as a device, with handlers for runs or without, and what was called. */
function memoryDevice(withRuns: boolean, maxSize: 1 | 4 = 4) {
  const own = Uint8Array.from({ length: SIZE }, (_, i) => i * 7)
  const calls: string[] = []
  const ops: MemoryRegionOps = {
    read(offset, size) {
      calls.push(`read ${size}`)
      let value = 0
      for (let i = 0; i < size; i++) value += (own[offset + i] ?? 0) * 2 ** (8 * i)
      return value
    },
    write(offset, value, size) {
      calls.push(`write ${size}`)
      for (let i = 0; i < size; i++) own[offset + i] = value >>> (8 * i)
    },
    endianness: 'little',
    valid: { unaligned: true, maxSize },
    impl: { unaligned: true, maxSize },
    ...(withRuns && {
      readBytes(offset: number, into: Uint8Array) {
        calls.push(`readBytes ${into.length}`)
        into.set(own.subarray(offset, offset + into.length))
      },
      writeBytes(offset: number, from: Uint8Array) {
        calls.push(`writeBytes ${from.length}`)
        own.set(from, offset)
      },
    }),
  }
  const root = MemoryRegion.container('root', 2 ** 20)
  root.addSubregion(100, MemoryRegion.io('own', ops, SIZE))
  const block = GuestRam.allocate(8192).block('ram', 4096)
  root.addSubregion(4000, MemoryRegion.ram('ram', block))
  return { space: new AddressSpace('space', root), own, calls, block }
}

describe('handlers for runs of bytes', () => {
  test('do what those for single accesses do, for every request', () => {
    const place = fc.nat(SIZE + 200)
    fc.assert(
      fc.property(place, place, fc.nat(500), fc.nat(3), (at, to, length, kind) => {
        // Accesses of a byte: a wider one may reach over the device's end (RULES D4), which a run does not.
        const [ours, reference] = [memoryDevice(true, 1), memoryDevice(false, 1)]
        const outcome = ({ space, own, block }: ReturnType<typeof memoryDevice>) => {
          const bytes = Uint8Array.from({ length }, (_, i) => i * 3 + 1)
          let result: unknown
          if (kind === 0) result = space.read(at, bytes)
          else if (kind === 1) result = space.write(at, bytes)
          else if (kind === 2) result = space.copy(4000 + (to % 1000), space, at, length)
          else {
            const list = new ScatterGatherList().add(space, at, length >> 1).add(space, to, length - (length >> 1))
            result = [list.write(0, bytes), list.result]
          }
          return [result, bytes, own, block.view().slice()]
        }
        const [result, bytes, own, block] = outcome(ours)
        const due = outcome(reference)
        expect([result, bytes]).toEqual(due.slice(0, 2))
        expect(Buffer.compare(own as Uint8Array, due[2] as Uint8Array)).toBe(0)
        expect(Buffer.compare(block as Uint8Array, due[3] as Uint8Array)).toBe(0)
      }),
      runs(600),
    )
  })

  test('are called once for what a request has of the region, and not for single accesses', () => {
    const { space, calls } = memoryDevice(true)
    space.read(50, new Uint8Array(1000))
    space.write(2000, new Uint8Array(1500))
    space.load32(200)
    space.read(200, new Uint8Array(4))
    space.fill(200, 1, 8)
    const window = space.map(300, 64)
    window?.unmap()
    expect(calls).toEqual([
      'readBytes 950',
      'writeBytes 1100',
      'read 4',
      'read 4',
      'write 4',
      'write 4',
      'readBytes 64',
    ])
  })

  test('a fault zeroes what was read; a guard, a depth and a wrong answer are as for the others', () => {
    const seen: unknown[] = []
    let space: AddressSpace
    const ops: MemoryRegionOps = {
      read: () => 0,
      write: () => undefined,
      readBytes(offset, into) {
        into.fill(9)
        if (offset === 0) return memTxFault(MemTxResult.ERROR)
        if (offset === 64) seen.push(space.read(0, new Uint8Array(32)))
        return offset === 128 ? ('no' as never) : undefined
      },
      writeBytes: () => MemTxResult.OK,
    }
    space = new AddressSpace('space', MemoryRegion.io('io', ops, 256))
    const bytes = new Uint8Array(32).fill(5)
    expect([space.read(0, bytes), bytes[31]]).toEqual([MemTxResult.ERROR, 0])
    expect([space.read(64, bytes), bytes[31], seen]).toEqual([MemTxResult.OK, 9, [MemTxResult.ACCESS_ERROR]])
    expect(() => space.read(128, bytes)).toThrow(/^readBytes of region "io" must return a MemTxResult/)
    expect(space.write(0, bytes)).toBe(MemTxResult.OK)
    expect(() => MemoryRegion.io('io', { ...ops, readBytes: 5 as never }, 8)).toThrow(
      /^ops\.readBytes must be a function/,
    )
  })
})
