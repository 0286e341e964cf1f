import {
  AddressSpace,
  addCoalescing,
  addEventNotifier,
  clearCoalescing,
  DirtyClient,
  GuestRam,
  MemoryRegion,
  registerMemoryListener,
  removeEventNotifier,
  resizableRam,
  resizeRam,
} from 'guestmem'
import { describe, expect, test } from 'vitest'
import { PAGE, QUIET, shown } from '../../support/board.ts'

const NOTIFY = () => undefined

/** Regions of every kind, and a space and a listener over them; `flush` is done as each transaction begins. */
function board() {
  const ram = GuestRam.allocate(16 * PAGE)
  const root = MemoryRegion.container('root', 0x10_0000)
  const bus = MemoryRegion.container('bus', 0x1_0000)
  const other = MemoryRegion.container('other', 0x1_0000)
  const device = MemoryRegion.io('device', QUIET, 0x100)
  const memory = MemoryRegion.ram('memory', ram.block('memory', PAGE))
  const flash = MemoryRegion.romDevice('flash', QUIET, ram.block('flash', PAGE))
  const window = MemoryRegion.alias('window', memory, 0, 0x100)
  const tables = resizableRam('tables', ram.block('tables', 4 * PAGE), PAGE)
  const loose = MemoryRegion.io('loose', QUIET, 0x40)
  root.addSubregion(0x1_0000, bus)
  root.addSubregion(0x2_0000, other)
  bus.addSubregion(0, device)
  bus.addSubregion(0x1000, memory, 1)
  bus.addSubregion(0x2000, flash)
  bus.addSubregion(0x3000, window)
  bus.addSubregion(0x4000, tables)
  addCoalescing(device, 0, 8)
  addEventNotifier(device, { offset: 0, size: 1 }, NOTIFY)
  const space = new AddressSpace('space', root)
  return { root, bus, other, device, memory, flash, window, tables, loose, space }
}

type Board = ReturnType<typeof board>
type Operation = readonly [name: string, run: (board: Board) => void]

const OPERATIONS: readonly Operation[] = [
  ['add loose to bus', ({ bus, loose }) => bus.addSubregion(0x80, loose)],
  ['add loose to other', ({ other, loose }) => other.addSubregion(0x80, loose, 3)],
  ['add bus to other', ({ other, bus }) => other.addSubregion(0x80, bus)],
  ['add root under bus', ({ root, bus }) => bus.addSubregion(0, root)],
  [
    'add a window on the bus to the bus',
    ({ bus, root }) => bus.addSubregion(8, MemoryRegion.alias('loop', root, 0, 9)),
  ],
  ['remove device', ({ bus, device }) => bus.removeSubregion(device)],
  ['remove memory', ({ bus, memory }) => bus.removeSubregion(memory)],
  ['remove window', ({ bus, window }) => bus.removeSubregion(window)],
  ['remove bus', ({ root, bus }) => root.removeSubregion(bus)],
  ['remove loose from bus', ({ bus, loose }) => bus.removeSubregion(loose)],
  ['move device', ({ device }) => device.setAddress(0x40)],
  ['move device back', ({ device }) => device.setAddress(0)],
  ['move bus', ({ bus }) => bus.setAddress(0x3_0000)],
  ['move loose', ({ loose }) => loose.setAddress(0x123)],
  ['disable device', ({ device }) => device.setEnabled(false)],
  ['enable device', ({ device }) => device.setEnabled(true)],
  ['disable bus', ({ bus }) => bus.setEnabled(false)],
  ['enable bus', ({ bus }) => bus.setEnabled(true)],
  ['disable loose', ({ loose }) => loose.setEnabled(false)],
  ['shrink device', ({ device }) => device.setSize(0x10)],
  ['grow device', ({ device }) => device.setSize(0x100)],
  ['readonly device', ({ device }) => device.setReadonly(true)],
  ['writable device', ({ device }) => device.setReadonly(false)],
  ['nonvolatile memory', ({ memory }) => memory.setNonvolatile(true)],
  ['flash answers itself', ({ flash }) => flash.setRomdMode(false)],
  ['flash is read', ({ flash }) => flash.setRomdMode(true)],
  ['log memory', ({ memory }) => memory.setLog(DirtyClient.VGA, true)],
  ['log memory no more', ({ memory }) => memory.setLog(DirtyClient.VGA, false)],
  ['shift window', ({ window }) => window.setAliasOffset(0x80)],
  ['shift window back', ({ window }) => window.setAliasOffset(0)],
  ['resize tables', ({ tables }) => resizeRam(tables, 3 * PAGE)],
  ['resize tables back', ({ tables }) => resizeRam(tables, PAGE)],
  ['add a notifier', ({ device }) => addEventNotifier(device, { offset: 4, size: 2, data: 7 }, NOTIFY)],
  ['remove the notifier', ({ device }) => removeEventNotifier(device, { offset: 0, size: 1 }, NOTIFY)],
  ['coalesce', ({ device }) => addCoalescing(device, 8, 8)],
  ['coalesce no more', ({ device }) => clearCoalescing(device)],
  ['destroy', ({ space }) => space.destroy()],
]

/** What a listener knows, and all that can be seen of the regions. */
function watch({ space, ...regions }: Board) {
  const seen = new Set<string>()
  const key = (start: number, region: MemoryRegion, offset: number) => `${start} ${region.name} ${offset}`
  const flush = { run: () => {} }
  const coalesced = new Set<string>()
  const notifiers = new Set<string>()
  const stop = registerMemoryListener(space, {
    regionAdd: ({ start, region, offset }) => seen.add(key(start, region, offset)),
    regionDel: ({ start, region, offset }) => seen.delete(key(start, region, offset)),
    coalescedIoAdd: (section, address, length) => coalesced.add(`${section.region.name} ${address} ${length}`),
    coalescedIoDel: (section, address, length) => coalesced.delete(`${section.region.name} ${address} ${length}`),
    eventfdAdd: ({ address, size, data }) => notifiers.add(`${address} ${size} ${data}`),
    eventfdDel: ({ address, size, data }) => notifiers.delete(`${address} ${size} ${data}`),
    coalescedIoFlush: () => flush.run(),
  })
  const state = () => ({
    shown: shown(space),
    masks: space.view.ranges.map(({ dirtyLogMask, romd, nonvolatile }) => [dirtyLogMask, romd, nonvolatile]),
    listened: [...seen].sort(),
    rendered: space.view.ranges.map(({ start, region, offset }) => key(start, region, offset)).sort(),
    coalesced: [...coalesced].sort(),
    notifiers: [...notifiers].sort(),
    regions: Object.values(regions).map(region => [
      region.name,
      region.address,
      region.priority,
      region.size,
      region.enabled,
      region.readonly,
      region.targetOffset,
      region.container?.name,
      region.subregions.map(({ name }) => name),
    ]),
  })
  return { flush, state, stop }
}

function attempt(run: () => void): unknown {
  try {
    run()
    return undefined
  } catch (error) {
    return error
  }
}

/** Two operations one after the other; the first either before the second, or as the transaction of the second begins. */
function outcome([, first]: Operation, [, second]: Operation, flushed: boolean) {
  const made = board()
  const { flush, state, stop } = watch(made)
  let done = !flushed
  if (flushed)
    flush.run = () => {
      if (done) return
      done = true
      attempt(() => first(made))
    }
  else attempt(() => first(made))
  const error = String(attempt(() => second(made)))
  const { listened, rendered, ...rest } = state()
  flush.run = () => {}
  stop()
  return { done, seen: { error, listened, rendered, ...rest } }
}

describe('C1 what the devices do as a transaction begins is done before it', () => {
  // What changes nothing begins no transaction; nor does what only listeners are told of.
  const silent = /back|^enable|grow|writable|is read|log memory no more|coalesce/
  test.each(OPERATIONS.filter(([name]) => !silent.test(name)))('%s, after each other operation', (...operation) => {
    for (const first of OPERATIONS) {
      const { done, seen } = outcome(first, operation, true)
      const what = `as devices ${first[0]}`
      expect(done, what).toBe(true)
      expect(seen, what).toEqual(outcome(first, operation, false).seen)
      expect(seen.listened, `${what}: what a listener was told of is what is shown`).toEqual(seen.rendered)
    }
  })
})

test('H4 ranges that are added while buffered writes are made for their removal are not lost', () => {
  const made = board()
  const { flush, state, stop } = watch(made)
  flush.run = () => {
    flush.run = () => {}
    addCoalescing(made.device, 8, 8)
  }
  clearCoalescing(made.device)
  expect(state().coalesced).toEqual([`device ${0x1_0008} 8`])
  clearCoalescing(made.device)
  expect(state().coalesced).toEqual([])
  stop()
})
