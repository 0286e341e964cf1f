import {
  codeWrites,
  DirtyClient,
  GuestRam,
  isDirty,
  MemoryRegion,
  type RamBlock,
  SparseRam,
  snapshotAndClearDirty,
  startGlobalDirtyLog,
  stopGlobalDirtyLog,
} from 'guestmem'
import { afterEach, describe, expect, test } from 'vitest'
import { PAGE } from '../support/board.ts'
import { RAW_STORES } from './support/stores.ts'

const { VGA, CODE, MIGRATION } = DirtyClient

afterEach(stopGlobalDirtyLog)

function dirtyPages(block: RamBlock, client: DirtyClient): number[] {
  return [...snapshotAndClearDirty(block, 0, block.size, client).ranges()].flatMap(({ offset, length }) =>
    Array.from({ length: Math.ceil(length / PAGE) }, (_, i) => offset / PAGE + i),
  )
}

/** Where a block of 40 pages may come from. */
const MEMORY: readonly (readonly [string, () => RamBlock])[] = [
  ['allocated', () => GuestRam.allocate(40 * PAGE).block('block', 40 * PAGE)],
  ['allocated, language order', () => GuestRam.allocate(40 * PAGE, { order: 'language' }).block('block', 40 * PAGE)],
  ['wrapped', () => GuestRam.wrap(new SharedArrayBuffer(40 * PAGE)).block('block', 40 * PAGE)],
  [
    'attached',
    () => {
      const ram = GuestRam.allocate(40 * PAGE)
      ram.block('block', 40 * PAGE)
      return GuestRam.attach(structuredClone(ram.handle)).blocks[0] as RamBlock
    },
  ],
  ['sparse', () => new SparseRam().blocks('block', 40 * PAGE)[0] as RamBlock],
]

describe.each(MEMORY)('F2, F4 memory that no region shows, %s', (_where, make) => {
  const from = GuestRam.allocate(PAGE).block('from', PAGE)

  test.each(RAW_STORES)(
    '%s is marked for MIGRATION while all is logged, and for nobody else',
    (_name, pages, store) => {
      const before = make()
      startGlobalDirtyLog()
      for (const block of [before, make()]) {
        store(block, from)
        expect(dirtyPages(block, MIGRATION)).toEqual(pages)
        expect([dirtyPages(block, VGA), dirtyPages(block, CODE), codeWrites(block)]).toEqual([[], [], 0])
        expect(dirtyPages(from, MIGRATION)).toEqual([])
      }
      stopGlobalDirtyLog()
      store(before, from)
      expect(dirtyPages(before, MIGRATION)).toEqual([])
    },
  )

  test.each(RAW_STORES)('%s is marked for who logs a region, too', (_name, pages, store) => {
    const block = make()
    const region = MemoryRegion.ram('ram', block)
    region.setLog(VGA, true)
    startGlobalDirtyLog()
    store(block, from)
    expect([VGA, CODE, MIGRATION].map(client => dirtyPages(block, client))).toEqual([pages, [], pages])
    region.setLog(MIGRATION, true)
    stopGlobalDirtyLog()
    store(block, from)
    // What a region's owner asked for itself stays.
    expect([VGA, CODE, MIGRATION].map(client => dirtyPages(block, client))).toEqual([pages, [], pages])
    region.setLog(VGA, false)
    region.setLog(MIGRATION, false)
    store(block, from)
    expect(isDirty(block, 0, block.size, VGA) || isDirty(block, 0, block.size, MIGRATION)).toBe(false)
  })
})
