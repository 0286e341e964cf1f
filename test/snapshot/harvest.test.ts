import fc from 'fast-check'
import {
  AddressSpace,
  codeWrites,
  DirtyClient,
  GuestRam,
  isDirty,
  MemoryRegion,
  type RamBlock,
  registerMemoryListener,
  resizableRam,
  resizeRam,
} from 'guestmem'
import { harvestDirty } from 'guestmem/snapshot'
import { expect, test } from 'vitest'
import { LONG, runs } from '../support/campaign.ts'

const PAGE = 4096
const { CODE, MIGRATION, VGA } = DirtyClient

function board() {
  const memory = GuestRam.allocate(64 * PAGE)
  const blocks: RamBlock[] = [
    memory.block('a', 5 * PAGE),
    memory.block('b', 3 * PAGE - 7),
    memory.block('c', 40 * PAGE),
  ]
  const root = MemoryRegion.container('root', 2 ** 32)
  const regions = [MemoryRegion.ram('a and b', blocks.slice(0, 2)), MemoryRegion.ram('c', blocks[2] as RamBlock)]
  for (const [i, region] of regions.entries()) {
    root.addSubregion(i * 0x10_0000, region)
    region.setLog(MIGRATION, true)
    region.setLog(CODE, true)
  }
  return { blocks, regions, space: new AddressSpace('space', root) }
}

test('what was stored to is in a harvest that is committed once, and in each one until then', () => {
  const pages = fc.array(fc.nat({ max: 47 }), { maxLength: 12, ...LONG })
  const turn = fc.record({ before: pages, meanwhile: pages, commits: fc.boolean(), how: fc.nat({ max: 2 }) })
  fc.assert(
    fc.property(fc.array(turn, { maxLength: 12, ...LONG }), turns => {
      const { blocks, regions, space } = board()
      // What must be in the next harvest, as addresses of pages.
      const model = new Set<number>()
      const store = (page: number): void => {
        const address = page < 8 ? page * PAGE : 0x10_0000 + (page - 8) * PAGE
        space.store8(address, 1)
        model.add(address)
      }
      const addressOf = new Map<unknown, number>([
        [regions[0], 0],
        [regions[1], 0x10_0000],
        [blocks[0], 0],
        [blocks[1], 5 * PAGE],
        [blocks[2], 0x10_0000],
      ])
      for (const { before, meanwhile, commits, how } of turns) {
        for (const page of before) store(page)
        const harvest = harvestDirty(
          how === 0 ? regions : how === 1 ? blocks : [regions[1] as MemoryRegion, ...blocks.slice(0, 2)],
        )
        const found = new Set<number>()
        for (const { memory, offset, length } of harvest.ranges())
          for (let at = offset; at < offset + length; at += PAGE) found.add((addressOf.get(memory) as number) + at)
        expect(found).toEqual(model)
        const taken = [...model]
        model.clear()
        for (const page of meanwhile) store(page)
        if (commits) harvest.commit()
        else {
          harvest.abort()
          for (const address of taken) model.add(address)
        }
        expect(harvest.state).toBe(commits ? 'committed' : 'aborted')
      }
      for (const region of regions) for (const client of [CODE, MIGRATION] as const) region.setLog(client, false)
    }),
    runs(500),
  )
})

test('a harvest ends once, marks of other clients stay, and who looks at code looks again', () => {
  const { blocks, regions, space } = board()
  const block = blocks[0] as RamBlock
  space.store8(PAGE, 1)
  const harvest = harvestDirty(regions, CODE)
  expect([harvest.client, harvest.state, harvest.bytes]).toEqual([CODE, 'open', PAGE])
  expect([isDirty(block, 0, block.size, CODE), isDirty(block, 0, block.size, MIGRATION)]).toEqual([false, true])
  const before = codeWrites(block)
  harvest.abort()
  expect(codeWrites(block)).not.toBe(before)
  expect([isDirty(block, PAGE, 1, CODE), isDirty(block, 0, PAGE, CODE), isDirty(block, PAGE, 1, VGA)]).toEqual([
    true,
    false,
    false,
  ])
  expect(() => harvest.commit()).toThrow(/must be open, but it was aborted/)
  const second = harvestDirty(block, CODE)
  second.commit()
  expect(() => second.abort()).toThrow(/must be open, but it was committed/)
  expect(harvestDirty(block, CODE).bytes).toBe(0)
})

test('a listener that throws loses no mark, of whichever memory', () => {
  const { regions, space } = board()
  space.store8(0, 1)
  space.store8(0x10_0000, 1)
  let asked = 0
  const end = registerMemoryListener(space, {
    logSync: () => {
      if (++asked === 2) throw new Error('the accelerator is busy')
    },
  })
  expect(() => harvestDirty(regions)).toThrow('the accelerator is busy')
  end()
  expect([...harvestDirty(regions).ranges()].map(({ offset }) => offset)).toEqual([0, 0])
})

test('what a region was shrunk away from meanwhile stays clean', () => {
  const block = GuestRam.allocate(8 * PAGE).block('ram', 8 * PAGE)
  const region = resizableRam('ram', block, 8 * PAGE)
  const space = new AddressSpace('space', region)
  region.setLog(MIGRATION, true)
  for (const page of [0, 6, 7]) space.store8(page * PAGE, 1)
  const harvest = harvestDirty(region)
  resizeRam(region, 6 * PAGE + 100)
  harvestDirty(region).commit()
  harvest.abort()
  expect([...harvestDirty(block).ranges()]).toEqual([
    { memory: block, offset: 0, length: PAGE },
    { memory: block, offset: 6 * PAGE, length: PAGE },
  ])
})

test('what has no dirty bits is refused by name, and nothing is taken', () => {
  const { regions, space } = board()
  space.store8(0, 1)
  // @ts-expect-error
  expect(() => harvestDirty([regions[0], 5])).toThrow(/memory\[1\] must be a RamBlock or a MemoryRegion, got 5/)
  // @ts-expect-error
  expect(() => harvestDirty({})).toThrow(/memory must be a RamBlock or a MemoryRegion/)
  expect(() => harvestDirty([...regions, MemoryRegion.container('x', 5)])).toThrow(
    /memory\[2\] must have RAM blocks: "x" is container/,
  )
  // @ts-expect-error
  expect(() => harvestDirty(regions, 3)).toThrow(/client must be one of/)
  expect(harvestDirty(regions).bytes).toBe(PAGE)
})
