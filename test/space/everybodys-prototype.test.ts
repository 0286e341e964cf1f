import {
  AddressSpace,
  GuestRam,
  IommuMemoryRegion,
  IommuPermissions,
  MemoryRegion,
  MemTxAttrs,
  registerMemoryListener,
  sizedOps,
  tap,
  withBusAddress,
} from 'guestmem'
import { expect, test } from 'vitest'

const KEYS = [
  'added',
  'removed',
  'kept',
  'unguarded',
  'debug',
  'asks',
  'atomics',
  'run',
  'requests',
  'note',
  'bus',
  'readsRuns',
  'writesRuns',
  'atomic',
  'at',
  'lane',
  'plain',
  'refine',
  'translator',
  'lookUp',
  'plannedCells',
  'valid',
  'impl',
  'endianness',
  'bridge',
  'read64',
  'write64',
  'readBytes',
  'writeBytes',
  'accepts',
  'peek',
]
const VALUES: readonly unknown[] = [() => 1, true, 5, { at: () => 1 }]

const prototype = Object.prototype as unknown as Record<string, unknown>

/** What a machine of all kinds does and tells, as text. */
function told(): string {
  const lines: unknown[] = []
  const root = MemoryRegion.container('root', 2 ** 20)
  const memory = MemoryRegion.ram('memory', GuestRam.allocate(4096).block('ram', 4096))
  const ops = {
    read: (offset: number) => offset,
    write: (offset: number, value: number) => {
      lines.push(offset, value)
    },
  }
  const target = new AddressSpace('target', memory)
  const translate = (translated: number) => ({
    target,
    translated,
    mask: 63,
    permissions: translated < 256 ? IommuPermissions.BOTH : IommuPermissions.NONE,
  })
  const space = new AddressSpace('space', root, { bounceBytes: 64 })
  const stop = registerMemoryListener(space, {
    regionAdd: ({ start }) => void lines.push('add', start),
    regionDel: ({ start }) => void lines.push('del', start),
  })
  root.addSubregion(0, memory)
  root.addSubregion(0x1000, MemoryRegion.io('device', ops, 64))
  root.addSubregion(0x1800, MemoryRegion.io('told', withBusAddress(ops), 64))
  root.addSubregion(0x1c00, MemoryRegion.io('sized', sizedOps(ops, 4, 'zeroExtended'), 64))
  root.addSubregion(0x2000, MemoryRegion.reservation('reservation', 64))
  root.addSubregion(0x3000, new IommuMemoryRegion('iommu', { translate }, 4096))
  root.addSubregion(0x4000, MemoryRegion.rom('rom', GuestRam.allocate(4096).block('rom', 4096)))
  for (const at of [0, 0xffc, 0x1000, 0x1800, 0x1c00, 0x2000, 0x3000, 0x30fe, 0x3100, 0x4000, 0x5000])
    for (const attrs of [undefined, MemTxAttrs.RELAXED, MemTxAttrs.DEBUG, MemTxAttrs.of({ memory: true })]) {
      const bytes = new Uint8Array(20)
      space.store32(at, 7, attrs)
      lines.push(space.result, space.load32(at, attrs), space.result, space.write(at, bytes.fill(3), attrs))
      lines.push(space.read(at, bytes, attrs), [...bytes])
      if (attrs === MemTxAttrs.DEBUG) continue
      lines.push(space.fill(at, 9, 20, attrs), space.copy(at, space, 0x100, 30, attrs))
      lines.push(space.map(at, 32, { write: true, ...(attrs && { attrs }) })?.unmap())
    }
  const noted = tap(space, undefined, {}, ({ address }) => void lines.push(address))
  for (const at of [0, 0xffc, 0x1000, 0x2000, 0x3000, 0x5000])
    lines.push(space.load32(at), space.read(at, new Uint8Array(20)), space.result)
  noted.remove()
  memory.setEnabled(false)
  stop()
  return JSON.stringify(lines)
}

test.each(KEYS)("%s on everybody's prototype changes nothing", key => {
  const due = told()
  for (const value of VALUES) {
    let is = ''
    // The test runner sees none of it.
    prototype[key] = value
    try {
      is = told()
    } catch (error) {
      is = String(error)
    }
    delete prototype[key]
    expect(is).toBe(due)
  }
})
