import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'
import { flatViewToSvg, machineFromJson } from 'guestmem/qemu'
import { describe, expect, test } from 'vitest'
import { QUIET } from '../support/board.ts'
import { recordings } from './corpus.ts'

const rows = (svg: string) => [...svg.matchAll(/<g><title>([^<]*)<\/title>/g)].map(([, title]) => title)

describe('flatViewToSvg', () => {
  test('has a row for each range, with its addresses, size, type and name, and one for each gap', () => {
    const root = MemoryRegion.container('root', 2 ** 40)
    root.addSubregion(0x1000, MemoryRegion.io('a <b> & "c"', QUIET, 4))
    root.addSubregion(0x1004, MemoryRegion.ram('ram', GuestRam.allocate(65536).block('ram', 65536)))
    const svg = flatViewToSvg(new AddressSpace('space', root))
    expect(rows(svg)).toEqual([
      '0x0000_1000 to 0x0000_1003, a &#60;b&#62; &#38; &#34;c&#34;',
      '0x0000_1004 to 0x0001_1003, ram',
    ])
    expect(svg).toContain('>4 B<')
    expect(svg).toContain('>64 KiB<')
    expect(svg).toContain('4 KiB not mapped')
    expect(svg.startsWith('<svg xmlns="http://www.w3.org/2000/svg"')).toBe(true)
  })

  test('of nothing says so', () => {
    expect(flatViewToSvg(new AddressSpace('space', MemoryRegion.container('root', 16)))).toContain('nothing is mapped')
  })

  test('draws the picture of the README', async () => {
    const q35 = recordings('maps', '.json').find(({ name }) => name === 'i386-q35+rich')
    const memory = machineFromJson(q35?.text).spaces.find(({ name }) => name === 'memory') as AddressSpace
    // Drawn anew by `npm run pictures`.
    await expect(flatViewToSvg(memory)).toMatchFileSnapshot('../../docs/pictures/q35.svg')
  })

  test('of every recorded space has its ranges, and each row below the one before', () => {
    for (const { text } of recordings('maps', '.json'))
      for (const space of machineFromJson(text).spaces) {
        const svg = flatViewToSvg(space)
        expect(rows(svg)).toHaveLength(space.view.ranges.length)
        const tops = [...svg.matchAll(/<rect x="306" y="(\d+)"/g)].map(([, y]) => Number(y))
        expect(tops.every((y, i) => i === 0 || y >= (tops[i - 1] as number) + 20)).toBe(true)
      }
  })
})
