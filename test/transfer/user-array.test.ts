import fc from 'fast-check'
import {
  AddressSpace,
  type CacheMode,
  type DirectAccess,
  GuestRam,
  HOST_PROFILES,
  IommuMemoryRegion,
  IommuPermissions,
  MemoryRegion,
  MemoryRegionCache,
  MemTxAttrs,
} from 'guestmem'
import { describe, expect, test } from 'vitest'
import { runs } from '../support/campaign.ts'

const PAGE = 4096

describe("the caller's array, which a handler takes away while a request is under way", () => {
  /** Ways to lose bytes, of an array and what is done to it. */
  const losses: Record<string, () => readonly [bytes: Uint8Array, lose: () => void]> = {
    shrunk: () => {
      const buffer = new ArrayBuffer(2048, { maxByteLength: 4096 })
      return [new Uint8Array(buffer), () => buffer.resize(100)]
    },
    'shrunk to nothing': () => {
      const buffer = new ArrayBuffer(2048, { maxByteLength: 4096 })
      return [new Uint8Array(buffer, 0, 2048), () => buffer.resize(0)]
    },
    detached: () => {
      const bytes = new Uint8Array(2048)
      return [bytes, () => structuredClone(bytes.buffer, { transfer: [bytes.buffer] })]
    },
  }
  /** Memory behind the registers, by its cache mode and who may touch it: every way that a piece can take. */
  const ways: Record<string, readonly [CacheMode, DirectAccess]> = {
    kernels: ['normal', 'by-mapping'],
    'fixed widths': ['noncached', 'by-mapping'],
    'register accessors': ['noncached', 'normal-only'],
  }
  const cases = Object.keys(losses).flatMap(loss =>
    Object.keys(ways).flatMap(way => [0, 1, 5].map(call => [loss, way, call] as const)),
  )

  /** 8 registers of a byte, then memory; the handler that is called as the `call`th loses the array. */
  function board(way: string, call: number, lose: () => void) {
    const [cacheMode, directAccess] = ways[way] as (typeof ways)[string]
    const block = GuestRam.allocate(2 * PAGE, { host: HOST_PROFILES.aarch64 }).block('ram', PAGE)
    const root = MemoryRegion.container('root', 2 * PAGE)
    let calls = 0
    const called = () => {
      if (calls++ === call) lose()
      return 0x11
    }
    root.addSubregion(8, MemoryRegion.ramDevice('bar', block, { cacheMode }))
    root.addSubregion(
      0,
      MemoryRegion.io('registers', { read: called, write: () => void called(), impl: { maxSize: 1 } }, 8),
    )
    const space = new AddressSpace('space', root, { directAccess })
    // What an earlier transfer of the host's has left anywhere must not get to the guest.
    const host = new AddressSpace('host', MemoryRegion.ram('host', block))
    host.write(0, new Uint8Array(PAGE).fill(0x77))
    block.view().fill(0)
    return { space, memory: block.view() }
  }

  test.each(cases)('%s, before %s, in call %d', (loss, way, call) => {
    for (const kind of ['write', 'read'] as const) {
      const [bytes, lose] = (losses[loss] as (typeof losses)[string])()
      bytes.fill(0x55)
      const { space, memory } = board(way, call, lose)
      expect(() => space[kind](0, bytes)).toThrow(TypeError)
      expect(memory.every(byte => byte === 0)).toBe(true)
      const [again, loseAgain] = (losses[loss] as (typeof losses)[string])()
      expect(() => board(way, call, loseAgain).space[kind](0, again)).toThrow(
        /^bytes is a Uint8Array whose buffer was detached or resized/,
      )
    }
  })

  test('in the last call of a read, too: its data is lost', () => {
    const bytes = new Uint8Array(8)
    const { space } = board('kernels', 7, () => structuredClone(bytes.buffer, { transfer: [bytes.buffer] }))
    expect(() => space.read(0, bytes)).toThrow(/^bytes /)
  })

  test('by what translates for an IOMMU, before the first piece and between two', () => {
    for (const [call, address] of [
      [0, 0],
      [1, PAGE - 8],
    ] as const)
      for (const kind of ['write', 'read'] as const) {
        const block = GuestRam.allocate(2 * PAGE).block('ram', 2 * PAGE)
        const target = new AddressSpace('target', MemoryRegion.ram('ram', block))
        const bytes = new Uint8Array(16).fill(0x55)
        let calls = 0
        const translate = (iova: number) => {
          if (calls++ === call) structuredClone(bytes.buffer, { transfer: [bytes.buffer] })
          return { target, translated: iova, mask: PAGE - 1, permissions: IommuPermissions.BOTH }
        }
        const bus = new AddressSpace('bus', new IommuMemoryRegion('iommu', { translate }, 2 * PAGE))
        expect(() => bus[kind](address, bytes)).toThrow(/^bytes /)
        expect(block.view(PAGE, PAGE).every(byte => byte === 0)).toBe(true)
      }
  })

  test('through a cached translation', () => {
    const bytes = new Uint8Array(16)
    const lose = () => {
      if (bytes.length > 0) structuredClone(bytes.buffer, { transfer: [bytes.buffer] })
      return 0
    }
    const space = new AddressSpace('space', MemoryRegion.io('io', { read: lose, write: () => void lose() }, 64))
    expect(() => new MemoryRegionCache(space, 0, 64).read(0, bytes)).toThrow(/^bytes /)
  })
})

describe('an array that is guest RAM itself', () => {
  test('H13, K2 is read whole before anything is written, and written once all is read, over the pages of an IOMMU', () => {
    const pages = 12
    const size = pages * 64
    const guest = GuestRam.allocate(PAGE)
    const block = guest.block('ram', size)
    const target = new AddressSpace('target', MemoryRegion.ram('ram', block))
    fc.assert(
      fc.property(
        fc.array(fc.nat(pages - 1), { minLength: 16, maxLength: 16 }),
        fc.nat(15 * 64),
        fc.nat(size - 1),
        fc.nat(size),
        fc.boolean(),
        (table, iova, at, length, write) => {
          const translate = (address: number) => ({
            target,
            translated: 64 * (table[Math.floor(address / 64)] ?? 0),
            mask: 63,
            permissions: IommuPermissions.BOTH,
          })
          const bus = new AddressSpace('bus', new IommuMemoryRegion('iommu', { translate }, 16 * 64))
          const memory = block.view()
          for (let i = 0; i < size; i++) memory[i] = (i * 7) ^ (i >> 5)
          const bytes = memory.subarray(at, Math.min(at + length, size, at + 16 * 64 - iova))
          const expected = memory.slice()
          const placeOf = (i: number) => 64 * (table[(iova + i) >> 6] as number) + ((iova + i) & 63)
          const before = memory.slice()
          for (let i = 0; i < bytes.length; i++)
            if (write) expected[placeOf(i)] = before[at + i] as number
            else expected[at + i] = before[placeOf(i)] as number
          expect(write ? bus.write(iova, bytes) : bus.read(iova, bytes)).toBe(0)
          expect(Buffer.compare(memory, expected)).toBe(0)
        },
      ),
      runs(3000),
    )
  })

  test('E12, H13 firmware is, too', () => {
    const guest = GuestRam.allocate(2 * PAGE)
    const [a, b] = [guest.block('a', PAGE), guest.block('b', PAGE)]
    const root = MemoryRegion.container('root', 2 * PAGE)
    root.addSubregion(0, MemoryRegion.rom('a', a))
    root.addSubregion(PAGE, MemoryRegion.rom('b', b))
    const all = new Uint8Array(guest.buffer, 0, 2 * PAGE)
    for (const up of [1, 100, PAGE - 1, PAGE + 5]) {
      for (let at = 0; at < all.length; at++) all[at] = (at * 7) ^ (at >> 8)
      const before = all.slice()
      new AddressSpace('space', root).writeRom(up, all.subarray(0, 2 * PAGE - up))
      expect(Buffer.compare(all.subarray(up), before.subarray(0, 2 * PAGE - up))).toBe(0)
    }
  })
})

describe('an array whose class gives other answers under the names of the engine is what the engine says', () => {
  /** What lies before the array's bytes, in them and behind them. */
  const [BEFORE, WITHIN, BEHIND] = [0x11, 0x22, 0x33]
  const liars: Record<string, (buffer: ArrayBufferLike, at: number, size: number) => Uint8Array> = {
    byteOffset: (...of) =>
      new (
        class extends Uint8Array {
          override get byteOffset() {
            return 0
          }
        } as typeof Uint8Array
      )(...of),
    buffer: (...of) =>
      new (
        class extends Uint8Array {
          override get buffer() {
            return new ArrayBuffer(64)
          }
        } as typeof Uint8Array
      )(...of),
    fill: (...of) =>
      new (
        class extends Uint8Array {
          override fill() {
            return this
          }
        } as typeof Uint8Array
      )(...of),
    set: (...of) =>
      new (
        class extends Uint8Array {
          override set() {}
          override subarray() {
            return this
          }
          override slice() {
            return this
          }
        } as typeof Uint8Array
      )(...of),
  }
  const buffers: Record<string, (size: number) => ArrayBufferLike> = {
    own: size => new ArrayBuffer(size),
    shared: size => new SharedArrayBuffer(size),
  }

  /** Memory, registers of a byte, nothing, an IOMMU that leads to memory in blocks of 8 bytes; 64 bytes of each. */
  function board(cacheMode: CacheMode) {
    const root = MemoryRegion.container('root', PAGE)
    const memory = MemoryRegion.ramDevice('memory', GuestRam.allocate(PAGE).block('ram', 64), { cacheMode })
    const registers = new Uint8Array(64)
    const ops = {
      read: (offset: number) => registers[offset] as number,
      write: (offset: number, value: number) => {
        registers[offset] = value
      },
      impl: { maxSize: 1 as const },
    }
    const target = new AddressSpace('target', memory)
    const translate = (translated: number) => ({ target, translated, mask: 7, permissions: IommuPermissions.BOTH })
    root.addSubregion(0, memory)
    root.addSubregion(64, MemoryRegion.io('registers', ops, 64))
    root.addSubregion(192, new IommuMemoryRegion('iommu', { translate }, 64))
    return new AddressSpace('space', root)
  }

  test.each(Object.keys(liars))('%s', name => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(buffers)),
        fc.constantFrom<CacheMode>('normal', 'noncached'),
        fc.integer({ min: 1, max: 9 }),
        fc.nat(60),
        fc.integer({ min: 1, max: 64 }),
        fc.constantFrom(MemTxAttrs.UNSPECIFIED, MemTxAttrs.RELAXED),
        (kind, cacheMode, ahead, row, size, attrs) => {
          for (const at of [row, 64 + row, 128 + row, 192 + row]) {
            const buffer = (buffers[kind] as (size: number) => ArrayBufferLike)(ahead + size + 9)
            const honest = new Uint8Array(buffer)
            const bytes = (liars[name] as (typeof liars)[string])(buffer, ahead, size)
            honest
              .fill(BEHIND)
              .fill(BEFORE, 0, ahead)
              .fill(WITHIN, ahead, ahead + size)
            const [space, reference] = [board(cacheMode), board(cacheMode)]
            expect(space.write(at, bytes, attrs)).toBe(reference.write(at, new Uint8Array(size).fill(WITHIN), attrs))
            const [got, due] = [new Uint8Array(256), new Uint8Array(256)]
            space.read(0, got)
            reference.read(0, due)
            expect(got).toEqual(due)
            expect(space.read(at, bytes, attrs)).toBe(reference.read(at, due.subarray(0, size), attrs))
            expect(honest.subarray(ahead, ahead + size)).toEqual(due.subarray(0, size))
            expect(honest.subarray(0, ahead).every(byte => byte === BEFORE)).toBe(true)
            expect(honest.subarray(ahead + size).every(byte => byte === BEHIND)).toBe(true)
          }
        },
      ),
      runs(60),
    )
  })
})
