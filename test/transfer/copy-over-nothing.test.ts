import fc from 'fast-check'
import {
  AddressSpace,
  GuestRam,
  IommuMemoryRegion,
  IommuPermissions,
  MemoryRegion,
  MemTxAttrs,
  MemTxResult,
} from 'guestmem'
import { expect, test } from 'vitest'
import { runs } from '../support/campaign.ts'

const PAGE = 4096
const FAR = 2 ** 40
const ram = GuestRam.allocate(4 * PAGE)
const blocks = [ram.block('low', PAGE), ram.block('high', PAGE)] as const

/** Two pages of RAM that are 2^40 bytes apart, and between them nothing but what has handlers. */
function board(handlers: 'device' | 'iommu' | 'both') {
  const calls = { count: 0 }
  const root = MemoryRegion.container('root', 2 ** 53)
  root.addSubregion(0, MemoryRegion.ram('low', blocks[0]))
  root.addSubregion(FAR, MemoryRegion.ram('high', blocks[1]))
  const read = () => {
    calls.count++
    return 0x5a
  }
  const write = () => {
    calls.count++
  }
  const space = new AddressSpace('space', root)
  if (handlers !== 'iommu') root.addSubregion(2 ** 30 + 12, MemoryRegion.io('device', { read, write }, 64))
  const translate = () => {
    calls.count++
    return { target: space, translated: 0, mask: PAGE - 1, permissions: IommuPermissions.NONE }
  }
  if (handlers !== 'device') root.addSubregion(2 ** 35 + PAGE, new IommuMemoryRegion('iommu', { translate }, 2 * PAGE))
  return { space, calls }
}

test('E1 time follows what is mapped, not the bytes that a guest asks for; both ends are copied', () => {
  const length = fc.constantFrom(FAR + PAGE, FAR + 100, 2 ** 52, 2n ** 53n, 2n ** 64n)
  fc.assert(
    fc.property(
      fc.constantFrom('device', 'iommu', 'both'),
      length,
      fc.integer({ min: 1, max: 2 ** 20 }),
      (handlers, bytes, by) => {
        const { space, calls } = board(handlers)
        blocks[0].view().fill(7)
        blocks[1].view().fill(9)
        const to = 2 ** 41 + by
        expect(space.copy(to, space, 0, bytes)).toBe(MemTxResult.DECODE_ERROR)
        // Back from where nothing is: all that is mapped there reads as zero.
        expect(space.copy(0, space, to, bytes)).toBe(MemTxResult.DECODE_ERROR)
        expect(blocks[0].view().every(byte => byte === 0)).toBe(true)
        const reached = Math.min(PAGE, Number(bytes) - FAR)
        expect(blocks[1].view().findIndex(byte => byte !== 0)).toBe(reached < PAGE ? reached : -1)
        expect(calls.count).toBeLessThan(20_000)
        expect(space.copy(to, space, 2 ** 42, bytes, MemTxAttrs.of({ memory: true }))).toBe(MemTxResult.ACCESS_ERROR)
        space.destroy()
      },
    ),
    runs(20),
  )
})
