import fc from 'fast-check'
import { AddressSpace, MemoryRegion } from 'guestmem'
import { describe, expect, test } from 'vitest'
import { QUIET } from '../../support/board.ts'
import { runs } from '../../support/campaign.ts'

// No time is asserted but the test's own limit: with the square of the number of regions, each would take many minutes.
const MANY = 200_000

function many(): MemoryRegion[] {
  return Array.from({ length: MANY }, (_, i) => MemoryRegion.io(`${i}`, QUIET, 16))
}

/** Each of them once, far apart. */
function scattered<T>(list: readonly T[]): T[] {
  return list.map((_, i) => list[(i * 7919) % list.length] as T)
}

describe('200,000 regions of one container', () => {
  test.each([
    ['in the order of their addition', (list: MemoryRegion[]) => list],
    ['in reverse', (list: MemoryRegion[]) => [...list].reverse()],
    ['in any order', scattered],
  ])('are removed, %s', (_, order) => {
    const root = MemoryRegion.container('root', 2 ** 40)
    const regions = many()
    for (const [i, region] of regions.entries()) root.addSubregion(16 * i, region)
    const space = new AddressSpace('space', root)
    expect(space.view.ranges).toHaveLength(MANY)
    for (const region of order(regions)) root.removeSubregion(region)
    expect(space.view.ranges).toHaveLength(0)
    expect(root.subregions).toEqual([])
  })

  test('are moved, disabled and resized, and added with mixed priorities', () => {
    const root = MemoryRegion.container('root', 2 ** 40)
    const space = new AddressSpace('space', root)
    const regions = many()
    for (const [i, region] of regions.entries()) root.addSubregion(16 * i, region, (i * 31) % 1000)
    expect(space.view.ranges).toHaveLength(MANY)
    for (const region of scattered(regions)) {
      region.setAddress(region.address + 2 ** 32)
      region.setSize(8)
      region.setEnabled(false)
    }
    expect(space.view.ranges).toHaveLength(0)
    const priorities = root.subregions.map(({ priority }) => priority)
    expect(priorities).toEqual([...priorities].sort((a, b) => a - b))
  })
})

test('B1, B2 subregions are by priority, among equals by when they were added or moved last', () => {
  const change = fc.record({
    op: fc.constantFrom('add', 'add', 'remove', 'move', 'look'),
    which: fc.nat(11),
    priority: fc.integer({ min: -1, max: 1 }),
  })
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60, size: 'max' }), changes => {
      const root = MemoryRegion.container('root', 4096)
      const regions = Array.from({ length: 12 }, (_, i) => MemoryRegion.io(`${i}`, QUIET, 16))
      let queue: MemoryRegion[] = []
      let address = 0
      for (const { op, which, priority } of changes) {
        const region = regions[which] as MemoryRegion
        const isIn = queue.includes(region)
        if (op === 'add' && !isIn) {
          root.addSubregion(address++, region, priority)
          queue.push(region)
        } else if (op === 'remove' && isIn) {
          root.removeSubregion(region)
          queue = queue.filter(each => each !== region)
        } else if (op === 'move' && isIn) {
          region.setAddress(2000 + address++)
          queue = [...queue.filter(each => each !== region), region]
        } else if (op === 'look') expect(root.subregions).toHaveLength(queue.length)
      }
      expect(root.subregions).toEqual([...queue].sort((a, b) => a.priority - b.priority))
    }),
    runs(1000),
  )
})

test('what was handed out stays as it was, and nobody can change it', () => {
  const root = MemoryRegion.container('root', 4096)
  const [a, b] = [MemoryRegion.io('a', QUIET, 16), MemoryRegion.io('b', QUIET, 16)]
  const before = root.subregions
  root.addSubregion(0, a)
  const handed = root.subregions as MemoryRegion[]
  expect(() => handed.push(b)).toThrow(TypeError)
  expect(() => {
    handed[0] = b
  }).toThrow(TypeError)
  root.addSubregion(16, b)
  expect([before, handed, root.subregions]).toEqual([[], [a], [a, b]])
})
