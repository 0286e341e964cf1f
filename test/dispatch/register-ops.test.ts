import {
  AddressSpace,
  DirtyClient,
  GuestRam,
  HOST_PROFILES,
  IommuMemoryRegion,
  IommuPermissions,
  MemoryRegion,
} from 'guestmem'
import { describe, expect, test } from 'vitest'

const PAGE = 4096

/** A device's memory that only its register accessors reach, and a bus of another byte order behind an IOMMU. */
function board(outer: 'little' | 'big', inner: 'little' | 'big', logged: boolean) {
  const block = GuestRam.allocate(PAGE).block('bar', PAGE)
  const bar = MemoryRegion.ramDevice('bar', block, { cacheMode: logged ? 'normal' : 'device' })
  if (logged) bar.setLog(DirtyClient.VGA, true)
  const memory = new AddressSpace('memory', bar, { endian: inner, directAccess: 'normal-only' })
  const translate = () => ({ target: memory, translated: 0, mask: PAGE - 1, permissions: IommuPermissions.BOTH })
  const iommu = new IommuMemoryRegion('iommu', { translate }, PAGE)
  return { bytes: block.view(), bus: new AddressSpace('bus', iommu, { endian: outer }) }
}

describe.each([
  ['little', 'big'],
  ['big', 'little'],
  ['big', 'big'],
] as const)(
  'G9, K2, I3: values of a %s-endian bus, to registers in a %s-endian space behind an IOMMU',
  (outer, inner) => {
    test.each([false, true])('are in the byte order of the access (logged memory: %s)', logged => {
      const { bytes, bus } = board(outer, inner, logged)
      const order = (little: number[]) => (outer === 'big' ? little.reverse() : little)
      bus.store16(2, 0x1122)
      expect([...bytes.subarray(2, 4)]).toEqual(order([0x22, 0x11]))
      expect(bus.load16(2)).toBe(0x1122)
      bus.store32(4, 0x1122_3344)
      expect([...bytes.subarray(4, 8)]).toEqual(order([0x44, 0x33, 0x22, 0x11]))
      expect(bus.load32(4)).toBe(0x1122_3344)
      bus.store64(8, 0x1122_3344_5566_7788n)
      expect([...bytes.subarray(8, 16)]).toEqual(order([0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11]))
      expect(bus.load64(8)).toBe(0x1122_3344_5566_7788n)
    })
  },
)

describe('E12: firmware is written whatever the direct-access policy says', () => {
  test.each(['ram', 'rom'] as const)('to %s that is not mapped normal', kind => {
    const host = HOST_PROFILES.aarch64
    const block = GuestRam.allocate(PAGE, { host }).block('flash', PAGE)
    const region = MemoryRegion[kind]('flash', block, { cacheMode: 'noncached' })
    const space = new AddressSpace('memory', region, { directAccess: 'normal-only' })
    space.writeRom(1, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9))
    expect([...block.view(0, 11)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0])
  })

  test("but never to a device's memory (newer versions of QEMU)", () => {
    const block = GuestRam.allocate(PAGE).block('bar', PAGE)
    for (const directAccess of ['normal-only', 'by-mapping'] as const) {
      new AddressSpace('memory', MemoryRegion.ramDevice('bar', block), { directAccess }).writeRom(0, Uint8Array.of(1))
      expect(block.view()[0]).toBe(0)
    }
  })
})
