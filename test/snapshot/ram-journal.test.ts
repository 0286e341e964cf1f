import fc from 'fast-check'
import { DirtyClient, GuestRam, isDirty, MemoryRegion, type RamBlock, SparseRam } from 'guestmem'
import { expect, test } from 'vitest'
import { PageBits } from '../../src/snapshot/page-bits.ts'
import { RamJournal } from '../../src/snapshot/ram-journal.ts'
import { LONG, runs } from '../support/campaign.ts'

const PAGE = 4096
const PAGES = 6

/** Blocks of every kind, the last page of each a short one; of the last one nothing is allocated yet. */
function makeBlocks(): RamBlock[] {
  const bytes = PAGES * PAGE - 100
  return [
    GuestRam.allocate(2 * PAGES * PAGE).block('shared', bytes),
    GuestRam.allocate(PAGES * PAGE, { shared: false }).block('private', bytes),
    ...new SparseRam().blocks('sparse', bytes),
  ]
}

const step = fc.record({
  block: fc.nat({ max: 2 }),
  first: fc.nat({ max: PAGES - 1 }),
  /** What the pages get, one number each: 0 is a page of zeros. */
  fills: fc.array(fc.constantFrom(0, 0, 1, 2, 3), { minLength: 1, maxLength: PAGES, ...LONG }),
  /** Of a page, from here on: pages that begin alike differ there. */
  from: fc.constantFrom(0, 15, 16, 4000),
  skip: fc.nat({ max: 9 }),
  how: fc.constantFrom('store' as const, 'store' as const, 'clear' as const, 'others' as const),
})

test('all that was stored is there, and is put back as long as what was in use could be kept', () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 8 }),
      fc.array(step, { minLength: 1, maxLength: 12, ...LONG }),
      fc.nat({ max: 12 }),
      (before, steps, most) => {
        const blocks = makeBlocks()
        const model = blocks.map(({ size }) => new Uint8Array(size))
        for (const { block, first, fills, from } of before) {
          if (block === 2 && from !== 0) continue
          const to = blocks[block] as RamBlock
          const at = first * PAGE + from
          const end = Math.min(to.size, first * PAGE + PAGE)
          if (at < end) to.view().fill(fills[0] as number, at, end)
          model[block]?.fill(fills[0] as number, at, Math.max(at, end))
        }
        const was = model.map(bytes => bytes.slice())
        const untouched = blocks.map(({ ram }) => ram.untouched)
        const journal = new RamJournal(blocks, most)
        // Which pages in use were changed first, and so had to be kept.
        const touched = new Set<string>()
        let kept = 0
        let overflows = false
        const change = (block: number, page: number, bytes: Uint8Array): void => {
          const now = (model[block] as Uint8Array).subarray(page * PAGE, page * PAGE + PAGE)
          if (Buffer.compare(now, bytes.subarray(0, now.length)) === 0) return
          const key = `${block} ${page}`
          if (!(overflows || touched.has(key))) {
            if (now.some(byte => byte !== 0)) {
              if (kept === most) overflows = true
              else kept++
            }
            touched.add(key)
          }
          now.set(bytes.subarray(0, now.length))
        }
        for (const { block, first, fills, from, skip, how } of steps) {
          const count = Math.min(fills.length, PAGES - first)
          const bytes = new Uint8Array(skip + count * PAGE)
          for (let i = 0; i < count; i++) {
            // As a file has it: what is behind the end of the block is zero.
            const end = Math.min(PAGE, (model[block] as Uint8Array).length - (first + i) * PAGE)
            if (from < end) bytes.fill(fills[i] as number, skip + i * PAGE + from, skip + i * PAGE + end)
          }
          if (how === 'store') {
            journal.store(block, first, count, bytes, skip)
            for (let i = 0; i < count; i++)
              change(block, first + i, bytes.subarray(skip + i * PAGE, skip + i * PAGE + PAGE))
          } else if (how === 'clear') {
            journal.clear(block, first)
            change(block, first, new Uint8Array(PAGE))
          } else {
            // What nobody had touched has, in a file, only pages that have come: all that are not zero.
            const present = blocks.map(() => new PageBits(PAGES))
            for (const [each, bits] of present.entries()) if (untouched[each]) bits.addRange(0, PAGES)
            for (let i = 0; i < count; i++) present[block]?.add(first + i)
            journal.clearOthers(present)
            for (const each of blocks.keys())
              for (let page = 0; page < PAGES; page++)
                if (!present[each]?.has(page)) change(each, page, new Uint8Array(PAGE))
          }
        }
        const bytesNow = () =>
          blocks.map(block => (block.ram.untouched ? new Uint8Array(block.size) : Uint8Array.from(block.view())))
        const isAs = (wanted: readonly Uint8Array[]) =>
          bytesNow().every((bytes, i) => Buffer.compare(bytes, wanted[i] as Uint8Array) === 0)
        expect(isAs(model)).toBe(true)
        expect(journal.undoable).toBe(!overflows)
        if (!overflows) {
          journal.undo()
          expect(isAs(was)).toBe(true)
        }
      },
    ),
    runs(2000),
  )
}, 120_000)

test('pages that are so already get no mark, and zeros allocate nothing', () => {
  const block = GuestRam.allocate(8 * PAGE).block('ram', 8 * PAGE)
  block.view().fill(7, 0, 4 * PAGE)
  const ram = MemoryRegion.ram('ram', block)
  ram.setLog(DirtyClient.VGA, true)
  const [sparse] = new SparseRam().blocks('sparse', 8 * PAGE) as [RamBlock]
  const journal = new RamJournal([block, sparse], 100)
  const bytes = new Uint8Array(4 * PAGE).fill(7)
  bytes[2 * PAGE + 100] = 8
  journal.store(0, 0, 4, bytes, 0)
  journal.clear(0, 5)
  const marks = () => Array.from({ length: 8 }, (_, page) => isDirty(ram, page * PAGE, 1, DirtyClient.VGA))
  expect(marks()).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map(page => page === 2))
  expect(journal.changedPages).toBe(1)
  journal.store(1, 0, 4, new Uint8Array(4 * PAGE), 0)
  journal.clear(1, 7)
  journal.clearOthers([new PageBits(8), new PageBits(8)])
  expect(sparse.ram.allocated).toBe(false)
  ram.setLog(DirtyClient.VGA, false)
})

test('who may not go on where no more can be kept is asked before the page is stored', () => {
  const block = GuestRam.allocate(8 * PAGE).block('ram', 8 * PAGE)
  block.view().fill(7)
  const journal = new RamJournal([block], 3, () => {
    throw new RangeError('too many')
  })
  journal.store(0, 0, 3, new Uint8Array(3 * PAGE).fill(1), 0)
  expect(() => journal.store(0, 3, 2, new Uint8Array(2 * PAGE).fill(1), 0)).toThrow('too many')
  expect(journal.undoable).toBe(true)
  expect(Array.from({ length: 5 }, (_, page) => block.view()[page * PAGE])).toEqual([1, 1, 1, 7, 7])
  journal.undo()
  expect(block.view().every(byte => byte === 7)).toBe(true)
})
