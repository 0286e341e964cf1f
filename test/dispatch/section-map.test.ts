import fc from 'fast-check'
import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'
import { expect, test } from 'vitest'
import { sectionMapOf } from '../../src/dispatch/section-map.ts'
import { QUIET } from '../support/board.ts'
import { runs } from '../support/campaign.ts'

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

test('D2 a region of many RAM blocks is found block by block, at random, as as many regions are', () => {
  const guest = GuestRam.allocate(2 ** 20)
  // Of all sizes; the last byte of a block and the first of the next are neighbours.
  const blocks = Array.from({ length: 64 }, (_, i) => guest.block(`${i}`, 1 + ((i * 977) % 8000)))
  for (const [i, block] of blocks.entries()) {
    const bytes = block.view()
    for (let at = 0; at < bytes.length; at++) bytes[at] = (i * 31 + at * 7 + (at >> 8)) & 0xff
  }
  const content = Buffer.concat(blocks.map(block => block.view()))
  const root = MemoryRegion.container('root', 2 ** 40)
  const region = MemoryRegion.ram('ram', blocks)
  MemoryRegion.transaction(() => {
    root.addSubregion(2 ** 32 - 5000, region)
    // A part of it again, from the middle of one block to the middle of another.
    root.addSubregion(2 ** 36, MemoryRegion.alias('part', region, 10_001, 90_000))
    root.addSubregion(2 ** 32 + 5000, MemoryRegion.reservation('hole', 100), 1)
  })
  const space = new AddressSpace('space', root)
  const hole = (address: number) => address >= 2 ** 32 + 5000 && address < 2 ** 32 + 5100
  fc.assert(
    fc.property(fc.nat(content.length - 1), fc.nat(89_999), (at, inPart) => {
      const address = 2 ** 32 - 5000 + at
      expect(space.load8(address)).toBe(hole(address) ? 0 : content[at])
      expect(space.load8(2 ** 36 + inPart)).toBe(content[10_001 + inPart])
    }),
    runs(20_000),
  )
})

test('D2 the sections of a region of many RAM blocks stay: none is made twice', () => {
  const blocks = Array.from({ length: 64 }, (_, i) => GuestRam.allocate(4096).block(`${i}`, 4096))
  const space = new AddressSpace('space', MemoryRegion.ram('ram', blocks))
  const map = sectionMapOf(space.view, space.settings)
  const sections = () => blocks.map((_, i) => map.select(4096 * i + 8))
  const first = sections()
  expect(new Set(first).size).toBe(64)
  for (let round = 0; round < 3; round++)
    for (const [i, section] of sections().entries()) expect(section).toBe(first[i])
})
