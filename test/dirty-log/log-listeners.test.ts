import {
  AddressSpace,
  DirtyClient,
  GuestRam,
  MemoryRegion,
  MemoryRegionCache,
  type MemoryRegionSection,
  markDirty,
  registerMemoryListener,
  snapshotAndClearDirty,
  testAndClearDirty,
} from 'guestmem'
import { expect, test } from 'vitest'

const PAGE = 4096

/** RAM of four pages at 0x1000, the third of them at 0x10000 too; and a listener that writes down what it is told. */
function board() {
  const block = GuestRam.allocate(4 * PAGE).block('ram', 4 * PAGE)
  const ram = MemoryRegion.ram('ram', block)
  const root = MemoryRegion.container('root', 2 ** 20)
  root.addSubregion(PAGE, ram)
  root.addSubregion(0x10000, MemoryRegion.alias('third', ram, 2 * PAGE, PAGE))
  const space = new AddressSpace('space', root)
  const log: string[] = []
  const note = (what: string) => (section: MemoryRegionSection) => {
    log.push(`${what} ${section.start.toString(16)}-${section.end.toString(16)}`)
    // An accelerator hands in its own marks when it is asked to.
    if (what === 'sync' && section.start === 0x10000) markDirty(block, 2 * PAGE, 1, DirtyClient.VGA)
  }
  registerMemoryListener(space, {
    logSync: note('sync'),
    logClear: note('clear'),
    logGlobalAfterSync: () => log.push('after'),
  })
  return { block, ram, space, log }
}

test.each([
  [
    'snapshotAndClearDirty',
    (ram: MemoryRegion) => snapshotAndClearDirty(ram, PAGE, 2 * PAGE, DirtyClient.VGA).isDirty(PAGE, 2 * PAGE),
  ],
  ['testAndClearDirty', (ram: MemoryRegion) => testAndClearDirty(ram, PAGE, 2 * PAGE, DirtyClient.VGA)],
] as const)('F3 %s asks listeners for their marks first, and tells them what was cleared', (_name, take) => {
  const { ram, log } = board()
  expect(take(ram)).toBe(false)
  // Only what is logged takes part.
  expect(log.splice(0)).toEqual(['after'])
  ram.setLog(DirtyClient.VGA, true)
  expect(take(ram)).toBe(true)
  expect(log).toEqual(['sync 1000-5000', 'sync 10000-11000', 'clear 2000-4000', 'clear 10000-11000', 'after'])
})

test('F3 a block is harvested without them', () => {
  const { block, ram, log } = board()
  ram.setLog(DirtyClient.VGA, true)
  expect(testAndClearDirty(block, 0, block.size, DirtyClient.VGA)).toBe(false)
  expect(log).toEqual([])
})

test('J5, F2 a cached translation is stale when who logs its memory changes', () => {
  const { ram, space } = board()
  const cache = new MemoryRegionCache(space, PAGE, 16, { write: true })
  expect(cache.stale).toBe(false)
  ram.setLog(DirtyClient.VGA, true)
  expect(cache.stale).toBe(true)
  const logged = new MemoryRegionCache(space, PAGE, 16, { write: true })
  logged.store32(0, 1)
  expect(testAndClearDirty(ram, 0, PAGE, DirtyClient.VGA)).toBe(true)
  ram.setLog(DirtyClient.MIGRATION, true)
  expect(logged.stale).toBe(true)
})
