import fc from 'fast-check'
import {
  AddressSpace,
  GuestRam,
  IommuMemoryRegion,
  IommuPermissions,
  MemoryRegion,
  MemTxAttrs,
  MemTxResult,
  SparseRam,
} from 'guestmem'
import { describe, expect, test } from 'vitest'
import { runs } from '../support/campaign.ts'

const PAGE = 4096
/** A copy that calls handlers goes by way of a buffer of this many bytes. */
const BUFFER = 2 ** 24
const SIZE = BUFFER + 40 * PAGE

/** What there is beside memory: handlers at the end of it, at its beginning, or an IOMMU that leads to all of it. */
type Beside = 'device behind' | 'device before' | 'iommu' | 'romDevice'

const ram = GuestRam.allocate(SIZE)
const block = ram.block('ram', SIZE)
const ownBlock = GuestRam.allocate(SIZE, { shared: false }).block('private', SIZE)
const flash = GuestRam.allocate(PAGE).block('flash', PAGE)

function board(beside: Beside, isPrivate: boolean) {
  const root = MemoryRegion.container('root', 2 ** 40)
  const own = isPrivate ? ownBlock : block
  const memory = MemoryRegion.ram('memory', own)
  const at = beside === 'device before' ? PAGE : 0
  const ops = { read: () => 0x11, write: () => undefined }
  if (beside === 'iommu') {
    const target = new AddressSpace('target', memory)
    const translate = (address: number) => ({
      target,
      translated: address,
      mask: 2 ** 16 - 1,
      permissions: IommuPermissions.BOTH,
    })
    root.addSubregion(0, new IommuMemoryRegion('iommu', { translate }, SIZE))
  } else {
    root.addSubregion(at, memory)
    const device =
      beside === 'romDevice' ? MemoryRegion.romDevice('flash', ops, flash) : MemoryRegion.io('device', ops, PAGE)
    root.addSubregion(at === 0 ? SIZE : 0, device)
  }
  return { space: new AddressSpace('space', root), at, memory: own.view() }
}

const pattern = new Uint8Array(SIZE)
for (let i = 0; i < SIZE; i += 4) new DataView(pattern.buffer).setUint32(i, i * 7 + 1, true)

describe.each(['device behind', 'device before', 'iommu', 'romDevice'] as const)(
  'H12, H13 a copy of more than the buffer onto its own source, with %s',
  beside => {
    test('is one read and one write of the whole', () => {
      fc.assert(
        fc.property(fc.integer({ min: -3 * PAGE, max: 3 * PAGE }), fc.boolean(), (by, isPrivate) => {
          const { space, at, memory } = board(beside, isPrivate)
          memory.set(pattern)
          // The device is among what is copied: the range ends behind it, or begins with it.
          const from = Math.max(0, -by)
          const length = SIZE + (beside === 'iommu' ? -3 * PAGE : PAGE) - Math.abs(by)
          const bytes = new Uint8Array(length)
          space.read(from, bytes)
          expect(space.copy(from + by, space, from, length)).toBe(MemTxResult.OK)
          const begin = Math.max(0, from + by - at)
          const due = bytes.subarray(begin + at - (from + by))
          const size = Math.min(due.length, SIZE - begin)
          expect(Buffer.compare(memory.subarray(begin, begin + size), due.subarray(0, size))).toBe(0)
        }),
        runs(4),
      )
    }, 120_000)
  },
)

test('over 1 GiB of what may overlap, as nobody knows what an IOMMU leads to: ERROR, and no handler was called', () => {
  let asked = 0
  const memory = MemoryRegion.ram('memory', block)
  const target = new AddressSpace('target', memory)
  const translate = (address: number) => {
    asked++
    return { target, translated: address % SIZE, mask: PAGE - 1, permissions: IommuPermissions.BOTH }
  }
  const root = MemoryRegion.container('root', 2 ** 40)
  root.addSubregion(0, memory)
  root.addSubregion(2 ** 33, new IommuMemoryRegion('iommu', { translate }, 2 ** 33))
  const space = new AddressSpace('space', root)
  block.view().set(pattern)
  for (const [to, from] of [
    [PAGE, 2 ** 33],
    [2 ** 33, PAGE],
  ] as const)
    expect(space.copy(to, space, from, 2 ** 30 + 1)).toBe(MemTxResult.ERROR)
  expect(asked).toBe(0)
  expect(Buffer.compare(block.view(), pattern)).toBe(0)
})

describe('E1 time follows what is mapped, not the bytes that a guest asks for', () => {
  const FAR = 2 ** 44
  const rejecting = {
    'a reservation': () => MemoryRegion.reservation('none', FAR),
    nothing: () => undefined,
    // To it nothing is written. Its memory is never allocated.
    'a ROM': () => MemoryRegion.rom('rom', new SparseRam().blocks('rom', 2 ** 36)),
  }
  const attrs = [MemTxAttrs.UNSPECIFIED, MemTxAttrs.RELAXED, MemTxAttrs.of({ memory: true })]

  test.each(Object.keys(rejecting) as (keyof typeof rejecting)[])(
    'also where %s lies beside a device, which is called as often as it has bytes',
    what => {
      for (const each of attrs) {
        let calls = 0
        const root = MemoryRegion.container('root', 2 ** 53)
        const region = rejecting[what]()
        if (region !== undefined) root.addSubregion(0, region)
        const size = region?.size ?? FAR
        const ops = { read: () => ++calls, write: () => void ++calls }
        root.addSubregion(size, MemoryRegion.io('device', ops, 64))
        const space = new AddressSpace('space', root)
        const isRefused = each.memory
        const rejected = isRefused && what !== 'a ROM' ? MemTxResult.ACCESS_ERROR : MemTxResult.DECODE_ERROR
        // From nothing to it.
        const result = space.copy(0, space, 2 ** 50, size + 64, each)
        expect(result & rejected).toBe(rejected)
        if (what !== 'a ROM') space.copy(2 ** 50, space, 0, size + 64, each)
        expect(calls).toBe(isRefused ? 0 : what === 'a ROM' ? 16 : 32)
      }
    },
    60_000,
  )
})
