import { AddressSpace, MemoryRegion } from 'guestmem'
import { flatViewToSvg, formatFlatView, formatMtree, machineFromMtree } from 'guestmem/qemu'
import { describe, expect, test } from 'vitest'

const QUIET = { read: () => 0, write: () => undefined }

describe('130,000 ranges', () => {
  const count = 130_000
  const root = MemoryRegion.container('root', 2 ** 40)
  MemoryRegion.transaction(() => {
    for (let i = 0; i < count; i++) root.addSubregion(i * 32, MemoryRegion.io(`d${i}`, QUIET, 16))
  })
  const space = new AddressSpace('space', root)

  test('are as many lines, and read back what they say', () => {
    const flat = formatFlatView(space)
    expect(flat.split('\n')).toHaveLength(count)
    const listing = formatMtree(space)
    expect(listing.split('\n')).toHaveLength(count + 4)
    const again = machineFromMtree(listing).spaces[0] as AddressSpace
    expect(formatFlatView(again) === flat).toBe(true)
  })

  test('are as many rows of a picture', () => {
    const svg = flatViewToSvg(space)
    expect(svg.split('<g><title>')).toHaveLength(count + 1)
    expect(svg.endsWith('</svg>\n')).toBe(true)
  })
})

test('regions that are deep, and shown by several aliases, are printed once', () => {
  const root = MemoryRegion.container('root', 2 ** 40)
  let innermost = root
  for (let i = 0; i < 250; i++) {
    const next = MemoryRegion.container(`level ${i}`, 2 ** 40)
    innermost.addSubregion(0, next)
    innermost = next
  }
  const outer = MemoryRegion.container('outer', 2 ** 40)
  for (let i = 0; i < 4; i++) outer.addSubregion(i * 2 ** 40, MemoryRegion.alias(`alias ${i}`, root, 0, 2 ** 40))
  const lines = formatMtree(new AddressSpace('space', outer)).split('\n')
  expect(lines.filter(line => line.includes('level'))).toHaveLength(250)
  expect(lines.filter(line => line.includes('alias'))).toHaveLength(4)
})
