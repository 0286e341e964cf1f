import fc from 'fast-check'
import {
  AddressSpace,
  accessValid,
  DirtyClient,
  GuestRam,
  IommuMemoryRegion,
  IommuPermissions,
  isDirty,
  MemoryRegion,
  MemoryRegionCache,
  MemTxResult,
  SparseRam,
  testAndClearDirty,
  translate,
} from 'guestmem'
import { describe, expect, test } from 'vitest'
import { LONG, runs } from '../support/campaign.ts'

const MEMORY_BYTES = 2 ** 16
const SIZE = 5 * MEMORY_BYTES

/** Memory of which each 64 KiB are allocated when they are first accessed; behind an IOMMU too. */
function board() {
  const sparse = new SparseRam({ memoryBytes: MEMORY_BYTES })
  const region = MemoryRegion.ram('sparse', sparse.blocks('sparse', SIZE))
  const space = new AddressSpace('space', region)
  const translated = (address: number) => Math.floor(address / 4096) * 4096
  const entry = { target: space, mask: 4095, permissions: IommuPermissions.BOTH }
  const translateAll = (address: number) => ({ ...entry, translated: translated(address) })
  const bus = new AddressSpace('bus', new IommuMemoryRegion('iommu', { translate: translateAll }, SIZE))
  return { sparse, region, space, bus }
}

describe('sparse RAM that nobody has accessed', () => {
  test('is not allocated by who looks', () => {
    const { sparse, region, space, bus } = board()
    for (const on of [space, bus])
      for (const address of [0, MEMORY_BYTES - 1, 3 * MEMORY_BYTES, SIZE - 4]) {
        expect(translate(on, address, 4).direct).toBe(true)
        expect(accessValid(on, address, 4, { write: true })).toBe(true)
      }
    expect(accessValid(space, 0, SIZE)).toBe(true)
    const window = space.map(100, SIZE, { write: true })
    expect([window?.direct, window?.length]).toEqual([true, MEMORY_BYTES - 100])
    window?.unmap(0)
    const cache = new MemoryRegionCache(space, 64, 64, { write: true })
    expect([cache.length, cache.direct, cache.stale]).toEqual([64, true, false])
    region.setLog(DirtyClient.VGA, true)
    expect(isDirty(region, 0, SIZE, DirtyClient.VGA)).toBe(false)
    expect(sparse.allocatedBytes).toBe(0)
  })

  test('reads as zero, in blocks and copies too, and is not allocated for it', () => {
    const { sparse, space, bus } = board()
    const block = GuestRam.allocate(SIZE).block('ram', SIZE)
    const other = new AddressSpace('other', MemoryRegion.ram('ram', block))
    for (const on of [space, bus]) {
      const bytes = new Uint8Array(SIZE).fill(0xee)
      expect(on.read(0, bytes)).toBe(MemTxResult.OK)
      expect(bytes.every(byte => byte === 0)).toBe(true)
      for (const length of [8, 4000, SIZE]) {
        other.fill(0, 0xee, SIZE)
        expect(other.copy(0, on, 0, length)).toBe(MemTxResult.OK)
        expect(block.view().findIndex(byte => byte !== 0)).toBe(length < SIZE ? length : -1)
      }
    }
    expect(sparse.allocatedBytes).toBe(0)
  })

  test('is allocated by the first access, no more of it than that touches; what was looked up before sees it', () => {
    const accesses: ((space: AddressSpace, cache: MemoryRegionCache) => unknown)[] = [
      space => space.store8(100, 7),
      space => space.store32(100, 7),
      space => space.store64(100, 7n),
      space => space.store64Pair(100, 7, 0),
      space => space.write(100, Uint8Array.of(7)),
      space => space.fill(100, 7, 1),
      space => space.writeRom(100, Uint8Array.of(7)),
      space => {
        space.store8(SIZE - 1, 7)
        space.copy(100, space, SIZE - 1, 1)
      },
      (_, cache) => cache.store8(36, 7),
      (_, cache) => cache.store64(36, 7n),
      (_, cache) => cache.write(36, Uint8Array.of(7)),
    ]
    for (const access of accesses) {
      const { sparse, space, bus } = board()
      const cache = new MemoryRegionCache(space, 64, 64, { write: true })
      const window = space.map(100, 8)
      expect(sparse.allocatedBytes).toBe(0)
      access(space, cache)
      expect(sparse.allocatedBytes).toBeGreaterThanOrEqual(MEMORY_BYTES)
      expect(sparse.allocatedBytes).toBeLessThanOrEqual(2 * MEMORY_BYTES)
      for (const on of [space, bus]) {
        const bytes = new Uint8Array(1)
        on.read(100, bytes)
        expect([on.load8(100), on.load32(100), on.load64(100), bytes[0]]).toEqual([7, 7, 7n, 7])
      }
      expect([cache.load8(36), cache.load16(36), cache.load64(36)]).toEqual([7, 7, 7n])
      const bytes = new Uint8Array(2)
      cache.read(36, bytes)
      expect([...bytes, ...(window?.bytes ?? [])]).toEqual([7, 0, 7, 0, 0, 0, 0, 0, 0, 0])
    }
  })

  test('and RAM that is there from the first do the same, access for access', () => {
    const step = fc.record({
      kind: fc.constantFrom('load8', 'load32', 'load64', 'store16', 'store64', 'read', 'write', 'fill', 'copy', 'log'),
      address: fc
        .oneof(
          fc.nat(SIZE),
          fc.nat(4).map(i => i * MEMORY_BYTES - 3),
        )
        .map(at => Math.max(at, 0)),
      from: fc.nat(SIZE),
      length: fc.oneof(fc.nat(20), fc.nat(2 * MEMORY_BYTES)),
      value: fc.nat(255),
      bus: fc.boolean(),
    })
    const there = GuestRam.allocate(SIZE)
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 12, ...LONG }),
        fc.constantFrom('little', 'big'),
        (steps, endian) => {
          const plain = Array.from({ length: 5 }, (_, i) => there.blocks[i] ?? there.block(`${i}`, MEMORY_BYTES))
          for (const block of plain) block.view().fill(0)
          const ends = [plain, new SparseRam({ memoryBytes: MEMORY_BYTES }).blocks('sparse', SIZE)].map(blocks => {
            const region = MemoryRegion.ram('ram', blocks)
            const target = new AddressSpace('space', region, { endian })
            const translateAll = (address: number) => ({
              target,
              translated: address - (address % 4096),
              mask: 4095,
              permissions: IommuPermissions.BOTH,
            })
            const behind = new IommuMemoryRegion('iommu', { translate: translateAll }, SIZE)
            const bus = new AddressSpace('bus', behind, { endian })
            const log: unknown[] = []
            for (const { kind, address, from, length, value, ...rest } of steps) {
              const space = rest.bus ? bus : target
              const bytes = new Uint8Array(length).fill(value)
              if (kind === 'log') region.setLog(DirtyClient.VGA, value % 2 === 0)
              else if (kind === 'copy') log.push(space.copy(address, space, from, length))
              else if (kind === 'fill') log.push(space.fill(address, value, length))
              else if (kind === 'write') log.push(space.write(address, bytes))
              else if (kind === 'read') log.push(space.read(address, bytes), Buffer.from(bytes).toString('latin1'))
              else if (kind === 'store16') space.store16(address, value * 3)
              else if (kind === 'store64') space.store64(address, BigInt(value) << 30n)
              else log.push(space[kind](address))
              log.push(space.result)
            }
            region.setLog(DirtyClient.VGA, false)
            const all = new Uint8Array(SIZE)
            target.read(0, all)
            const pages = Array.from({ length: SIZE / 4096 }, (_, i) =>
              isDirty(region, i * 4096, 4096, DirtyClient.VGA),
            )
            for (const block of blocks) testAndClearDirty(block, 0, block.size, DirtyClient.VGA)
            return { log, pages, all: Buffer.from(all) }
          })
          expect(ends[0]?.all.equals(ends[1]?.all as Buffer)).toBe(true)
          expect(ends[0]?.log).toEqual(ends[1]?.log)
          expect(ends[0]?.pages).toEqual(ends[1]?.pages)
        },
      ),
      runs(300),
    )
  })
})
