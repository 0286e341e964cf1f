import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'
import { expect, test } from 'vitest'
import { asCpu } from '../../examples/cpu.mjs'
import { BUSY, DONE, FAILED, SECTOR_BYTES, serve } from '../../examples/sector-disk.mjs'

const RAM_BYTES = 4096

function board() {
  const bus = new AddressSpace('disk', MemoryRegion.ram('ram', GuestRam.allocate(RAM_BYTES).block('ram', RAM_BYTES)))
  bus.fill(0, 0xee, RAM_BYTES)
  return bus
}

test('a sector, and behind it that it is there', () => {
  const bus = board()
  serve(bus, 7, 0x100)
  const bytes = new Uint8Array(17)
  bus.read(0x100, bytes)
  expect(new TextDecoder().decode(bytes)).toBe('this is sector 7\0')
  expect([bus.load32(0x100 + SECTOR_BYTES), bus.load8(0x104 + SECTOR_BYTES)]).toEqual([DONE, 0xee])
  expect(DONE).not.toBe(BUSY)
})

test('a buffer that is not all there is an error, and the guest is told', () => {
  const root = MemoryRegion.container('root', 2 ** 32)
  const memory = MemoryRegion.ram('ram', GuestRam.allocate(RAM_BYTES).block('ram', RAM_BYTES))
  // A hole of a byte in the middle of the buffer.
  root.addSubregion(0, memory)
  root.addSubregion(0x180, MemoryRegion.reservation('hole', 1), 1)
  const bus = new AddressSpace('disk', root)
  serve(bus, 1, 0x100)
  expect(bus.load32(0x100 + SECTOR_BYTES)).toBe(FAILED)
})

test.each([RAM_BYTES - 1, RAM_BYTES, 2 ** 40, 2 ** 53, 2n ** 53n, 2n ** 64n - 1n, 2 ** 64])(
  'a buffer at %s, where the status is not there either, throws nothing',
  buffer => {
    const bus = board()
    serve(bus, 1, buffer)
    expect(bus.load8(RAM_BYTES - 2)).toBe(0xee)
  },
)

test("a CPU's program ends where an access fails, and at no other", () => {
  const space = board()
  const cpu = asCpu(space)
  expect([cpu.load32(0), cpu.store8(1, 5), cpu.load8(1), cpu.name]).toEqual([0xeeee_eeee, undefined, 5, 'disk'])
  for (const access of [
    () => cpu.load32(RAM_BYTES),
    () => cpu.store16le(RAM_BYTES, 1),
    () => cpu.read(RAM_BYTES - 1, new Uint8Array(2)),
    () => cpu.fill(0, 0, RAM_BYTES + 1),
  ])
    expect(access).toThrow(/^bus error: (load32|store16le|read|fill) at \d+ ended with 2$/)
})
