import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'
import { expect, test } from 'vitest'
import { QUIET } from '../support/board.ts'

test('D2 a view may have more sections than a page has bytes, and each is found', () => {
  const bytes = 3 * 4096
  const block = GuestRam.allocate(bytes).block('ram', bytes)
  const root = MemoryRegion.container('root', 2 * bytes)
  MemoryRegion.transaction(() => {
    // Every other byte is RAM, of which each shows another one; between them a device.
    root.addSubregion(0, MemoryRegion.io('device', { ...QUIET, read: offset => offset & 0xff }, 2 * bytes), -1)
    const ram = MemoryRegion.ram('ram', block)
    for (let at = 0; at < bytes; at++) root.addSubregion(2 * at, MemoryRegion.alias(`${at}`, ram, bytes - 1 - at, 1))
  })
  const space = new AddressSpace('space', root)
  const memory = block.view()
  for (let at = 0; at < bytes; at++) memory[at] = at * 7
  expect(space.view.ranges).toHaveLength(2 * bytes)
  const wrong: number[] = []
  for (let address = 0; address < 2 * bytes; address++) {
    const expected = address % 2 === 0 ? memory[bytes - 1 - address / 2] : address & 0xff
    if (space.load8(address) !== expected) wrong.push(address)
  }
  expect(wrong).toEqual([])
})
