import fc from 'fast-check'
import {
  AddressSpace,
  DirtyClient,
  GuestRam,
  isDirty,
  MemoryRegion,
  resizableRam,
  resizeRam,
  snapshotAndClearDirty,
} from 'guestmem'
import { describe, expect, test } from 'vitest'
import { LONG, runs } from '../support/campaign.ts'

// Guest RAM in wrapped memory may begin within a page, and all its blocks do then. Marks are of whole pages of the memory.

const PAGE = 4096
const PAGES = 80
const head = fc.constantFrom(1, 8, 100, 2048, PAGE - 1, PAGE + 100, 31 * PAGE + 5)

function board(offset: number, isShared: boolean) {
  const bytes = (PAGES + 40) * PAGE
  const ram = GuestRam.wrap(isShared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes), { offset })
  return { block: ram.block('block', PAGES * PAGE), behind: ram.block('behind', PAGE) }
}

describe('F3 of a block that begins within a page', () => {
  const stores = fc.array(fc.nat(PAGES * PAGE - 1), { minLength: 1, maxLength: 12 })
  const snapshots = fc.array(fc.tuple(fc.nat(PAGES * PAGE - 1), fc.nat(40 * PAGE)), { maxLength: 8, ...LONG })

  test('each byte that was stored to is in one of the snapshots that are taken, and was dirty until then', () => {
    fc.assert(
      fc.property(head, fc.boolean(), stores, snapshots, fc.boolean(), (offset, isShared, at, asked, ofRegion) => {
        const { block } = board(offset, isShared)
        const region = MemoryRegion.ram('region', block)
        region.setLog(DirtyClient.VGA, true)
        const space = new AddressSpace('space', region)
        for (const address of at) space.store8(address, 1)
        const memory = ofRegion ? region : block
        const left = new Set(at)
        const all = [...asked, [0, PAGES * PAGE] as const]
        for (const [from, wish] of all) {
          const size = Math.min(wish, PAGES * PAGE - from)
          for (const byte of left) expect(isDirty(memory, byte, 1, DirtyClient.VGA)).toBe(true)
          const snapshot = snapshotAndClearDirty(memory, from, size, DirtyClient.VGA)
          if (size === 0) continue
          expect(snapshot.offset).toBeLessThanOrEqual(from)
          expect(snapshot.offset + snapshot.length).toBeGreaterThanOrEqual(from + size)
          const ranges = [...snapshot.ranges()]
          for (const byte of [...left]) {
            const isIn = ranges.some(range => byte >= range.offset && byte < range.offset + range.length)
            if (byte >= snapshot.offset && byte < snapshot.offset + snapshot.length)
              expect(snapshot.isDirty(byte, 1)).toBe(isIn)
            if (byte >= from && byte < from + size) expect(isIn).toBe(true)
            if (isIn) left.delete(byte)
            // What is not in this one is in the next.
            else expect(isDirty(memory, byte, 1, DirtyClient.VGA)).toBe(true)
          }
        }
        expect(left.size).toBe(0)
      }),
      runs(400),
    )
  })

  test('a region that is resized has all its bytes dirty, and none behind its last page', () => {
    fc.assert(
      fc.property(
        head,
        fc.integer({ min: 1, max: PAGES * PAGE }),
        fc.integer({ min: 1, max: PAGES * PAGE }),
        (...of) => {
          const [offset, first, bytes] = of
          if (first === bytes) return
          const { block, behind } = board(offset, true)
          const region = resizableRam('region', block, first)
          const last = MemoryRegion.ram('behind', behind)
          for (const each of [region, last]) each.setLog(DirtyClient.CODE, true)
          new AddressSpace('space', last).store8(0, 1)
          resizeRam(region, bytes)
          for (const at of [0, bytes >>> 1, bytes - 1]) expect(isDirty(region, at, 1, DirtyClient.CODE)).toBe(true)
          const end = Math.ceil((block.offset + bytes) / PAGE) * PAGE - block.offset
          if (end < block.size) expect(isDirty(block, end, block.size - end, DirtyClient.CODE)).toBe(false)
          expect(isDirty(last, 0, 1, DirtyClient.CODE)).toBe(true)
        },
      ),
      runs(300),
    )
  })
})
