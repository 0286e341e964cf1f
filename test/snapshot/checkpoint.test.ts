import fc from 'fast-check'
import {
  AddressSpace,
  codeWrites,
  DirtyClient,
  GuestRam,
  isDirty,
  MemoryRegion,
  type RamBlock,
  resizableRam,
  resizeRam,
  startGlobalDirtyLog,
  stopGlobalDirtyLog,
  testAndClearDirty,
} from 'guestmem'
import { type Checkpoint, checkpoint } from 'guestmem/snapshot'
import { describe, expect, test } from 'vitest'
import { LONG, runs } from '../support/campaign.ts'
import { heapBytes } from '../support/collect.ts'
import { act, build, close, machinePlan, perform, seen, wrongByte } from './support/random-machine.ts'

const PAGE = 4096

function board(pages = 16) {
  const block = GuestRam.allocate(pages * PAGE).block('ram', pages * PAGE)
  const ram = MemoryRegion.ram('ram', block)
  const root = MemoryRegion.container('root', 2 ** 32)
  root.addSubregion(0, ram)
  return { block, ram, root, space: new AddressSpace('space', root) }
}

const step = fc.oneof(
  { weight: 6, arbitrary: act },
  { weight: 2, arbitrary: fc.record({ keep: fc.constant(true) }) },
  { weight: 3, arbitrary: fc.record({ back: fc.nat({ max: 9 }) }) },
  { weight: 1, arbitrary: fc.record({ drop: fc.nat({ max: 9 }) }) },
)

test('random machines go back to any checkpoint, whatever was kept, dropped and gone back to before', () => {
  fc.assert(
    fc.property(machinePlan, fc.array(step, { minLength: 3, maxLength: 40, ...LONG }), (plan, steps) => {
      const machine = build(plan)
      const kept: { point: Checkpoint; seen: unknown; model: Uint8Array[] }[] = []
      for (const each of steps) {
        if ('keep' in each)
          kept.push({
            point: checkpoint(machine.spaces, machine.options),
            seen: seen(machine),
            model: machine.model.map(bytes => bytes.slice()),
          })
        else if ('back' in each) {
          const to = kept[each.back % Math.max(1, kept.length)]
          if (to === undefined) continue
          to.point.rollback()
          expect(seen(machine)).toEqual(to.seen)
          for (const [index, bytes] of to.model.entries()) machine.model[index]?.set(bytes)
        } else if ('drop' in each) {
          const [dropped] = kept.splice(each.drop % Math.max(1, kept.length), 1)
          dropped?.point.dispose()
        } else perform(machine, each)
        expect(wrongByte(machine, machine.model)).toBeUndefined()
      }
      for (const { point } of kept) point.dispose()
      close(machine)
    }),
    runs(500),
  )
})

test('a rollback touches the pages that were stored to and differ, and no other', () => {
  const { space, block } = board(64)
  space.store32(5 * PAGE, 1)
  const point = checkpoint(space)
  for (const page of [3, 5, 9]) space.store32(page * PAGE, 7)
  expect(point.rollback()).toBe(3)
  // What it stored itself is marked, and is not stored again.
  expect(point.rollback()).toBe(0)
  space.store32(5 * PAGE, 1)
  expect(point.rollback()).toBe(0)
  space.store32(5 * PAGE, 2)
  expect(point.rollback()).toBe(1)
  expect([space.load32(5 * PAGE), space.load32(3 * PAGE)]).toEqual([1, 0])
  point.dispose()
  expect(block.view().length).toBe(64 * PAGE)
})

test('10,000 rollbacks of 100 pages take no more memory than 100 of them', () => {
  const pages = 256
  const { space } = board(pages)
  for (let page = 0; page < pages; page++) space.store32(page * PAGE, page)
  const point = checkpoint(space)
  const run = (): void => {
    for (let page = 0; page < 100; page++) space.store32(page * PAGE + 8, 1)
    expect(point.rollback()).toBe(100)
  }
  for (let i = 0; i < 100; i++) run()
  const before = heapBytes() + process.memoryUsage().arrayBuffers
  for (let i = 0; i < 10_000; i++) run()
  expect(heapBytes() + process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20)
  point.dispose()
})

test('1,000 checkpoints, each in place of the one before, take no more memory than a few', () => {
  const { space } = board(256)
  let point = checkpoint(space)
  const advance = (i: number): void => {
    for (let page = 0; page < 100; page++) space.store32(page * PAGE, i + 1)
    const next = checkpoint(space)
    point.dispose()
    point = next
  }
  for (let i = 0; i < 20; i++) advance(i)
  const before = heapBytes() + process.memoryUsage().arrayBuffers
  for (let i = 20; i < 1000; i++) advance(i)
  expect(heapBytes() + process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20)
  space.store32(0, 5)
  expect(point.rollback()).toBe(1)
  expect(space.load32(0)).toBe(1000)
  point.dispose()
})

describe('the log of all memory', () => {
  const isOn = (ram: MemoryRegion) => (ram.dirtyLogMask & DirtyClient.MIGRATION) !== 0

  test('is on as long as there are checkpoints', () => {
    const { space, ram } = board()
    const first = checkpoint(space)
    const second = checkpoint(space)
    first.dispose()
    first.dispose()
    expect(isOn(ram)).toBe(true)
    second.dispose()
    expect(isOn(ram)).toBe(false)
  })

  test('stays on where somebody else began it', () => {
    const { space, ram } = board()
    startGlobalDirtyLog()
    checkpoint(space).dispose()
    expect(isOn(ram)).toBe(true)
    stopGlobalDirtyLog()
  })

  test('that somebody else has ended costs time, and loses no store', () => {
    const { space } = board()
    const point = checkpoint(space)
    stopGlobalDirtyLog()
    space.store32(0x2000, 7)
    point.rollback()
    expect(space.load32(0x2000)).toBe(0)
    space.store32(0x3000, 7)
    expect(point.rollback()).toBe(1)
    point.dispose()
  })
})

test('who translates code, or draws, is told of pages that were set back', () => {
  const { space, ram, block } = board()
  ram.setLog(DirtyClient.CODE, true)
  const point = checkpoint(space)
  space.store32(0x2000, 7)
  // The mark of the store is taken: the code was translated as it is now.
  expect(testAndClearDirty(block, 0, block.size, DirtyClient.CODE)).toBe(true)
  const before = codeWrites(block)
  point.rollback()
  expect(isDirty(block, 0x2000, 1, DirtyClient.CODE)).toBe(true)
  expect(isDirty(block, 0x3000, PAGE, DirtyClient.CODE)).toBe(false)
  expect(codeWrites(block)).not.toBe(before)
  point.dispose()
})

test('of memory alone there is no map, and several blocks are one moment', () => {
  const memory = GuestRam.allocate(16 * PAGE)
  const blocks: RamBlock[] = [memory.block('a', 3 * PAGE), memory.block('b', 5000)]
  const space = new AddressSpace('space', MemoryRegion.ram('ram', blocks))
  space.store8(3 * PAGE + 4999, 1)
  const point = checkpoint(blocks)
  space.store8(3 * PAGE + 4999, 2)
  space.store8(5, 3)
  space.root.setReadonly(true)
  expect(point.rollback()).toBe(2)
  expect([space.load8(3 * PAGE + 4999), space.load8(5), space.root.readonly]).toEqual([1, 0, true])
  point.dispose()
  expect(() => point.rollback()).toThrow(/disposed/)
  // @ts-expect-error
  expect(() => checkpoint(space, { blocks: [{}] })).toThrow(/options.blocks\[0\] must be a RamBlock/)
  expect(() => checkpoint([])).toThrow(/what must be/)
  // @ts-expect-error
  expect(() => checkpoint([space, 5])).toThrow(/what\[1\] must be an AddressSpace or a RamBlock, got 5/)
})

/** RAM of 8 pages that can have 16, and a checkpoint of it. */
function resizable() {
  const block = GuestRam.allocate(16 * PAGE).block('ram', 16 * PAGE)
  const ram = resizableRam('ram', block, 8 * PAGE)
  const space = new AddressSpace('space', ram)
  return { block, ram, space, point: checkpoint(space) }
}

/** It grows, is stored to there, and shrinks again: that is set back. */
function expectGrownSetBack({ block, ram, space, point }: ReturnType<typeof resizable>): void {
  resizeRam(ram, 12 * PAGE)
  space.store32(10 * PAGE, 1)
  resizeRam(ram, 8 * PAGE)
  point.rollback()
  expect(block.view().every(byte => byte === 0)).toBe(true)
  point.dispose()
}

test('of RAM that was shrunk what is hidden is set back, too, also where it has grown in between', () => {
  const all = resizable()
  const { ram, space, point } = all
  space.store32(6 * PAGE, 1)
  resizeRam(ram, 3 * PAGE + 5)
  point.rollback()
  expect([ram.size, space.load32(6 * PAGE)]).toEqual([8 * PAGE, 0])
  expectGrownSetBack(all)
})

test('of RAM that has grown and shrunk again, and is as large as it was when it was looked at', () => {
  const all = resizable()
  all.point.rollback()
  all.point.rollback()
  expectGrownSetBack(all)
})

test('a region that was plugged in since is gone, one that was moved elsewhere is back', () => {
  const { space, root, ram } = board()
  const point = checkpoint(space)
  const bridge = MemoryRegion.container('bridge', 2 ** 20)
  root.addSubregion(0x10_0000, bridge)
  root.removeSubregion(ram)
  bridge.addSubregion(0x1000, ram)
  expect(space.view.find(0)).toBeUndefined()
  point.rollback()
  expect(root.subregions).toEqual([ram])
  expect([ram.container, ram.address, bridge.container]).toEqual([root, 0, undefined])
  point.dispose()
})

describe('of several checkpoints', () => {
  function three() {
    const { space } = board()
    const kept = [1, 2, 3].map(value => {
      space.store32(0, value)
      space.store32(value * PAGE, value)
      return checkpoint(space)
    }) as [Checkpoint, Checkpoint, Checkpoint]
    const words = () => [0, 1, 2, 3].map(page => space.load32(page * PAGE))
    return { kept, words, space }
  }

  test("one in the middle is dropped: what it kept is the one before it's", () => {
    const { kept, words } = three()
    kept[1].dispose()
    kept[0].rollback()
    expect(words()).toEqual([1, 1, 0, 0])
    kept[2].rollback()
    expect(words()).toEqual([3, 1, 2, 3])
    kept[0].dispose()
    kept[2].dispose()
  })

  test('what was as one of them already, and so was not stored, is as another one afterwards', () => {
    const { kept, words, space } = three()
    // As it was at the first: nothing is to be done there to go back to it.
    space.store32(0, 1)
    kept[0].rollback()
    expect(words()).toEqual([1, 1, 0, 0])
    kept[2].rollback()
    expect(words()).toEqual([3, 1, 2, 3])
    for (const point of kept) point.dispose()
  })

  test('the latest is dropped: the one before it is the latest, and nothing was stored since', () => {
    const { kept, words, space } = three()
    kept[2].dispose()
    expect(words()).toEqual([3, 1, 2, 3])
    kept[1].rollback()
    expect(words()).toEqual([2, 1, 2, 0])
    space.store32(2 * PAGE, 9)
    kept[0].rollback()
    expect(words()).toEqual([1, 1, 0, 0])
    kept[0].dispose()
    kept[1].dispose()
  })
})
