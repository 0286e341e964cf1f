import { PerformanceObserver } from 'node:perf_hooks'
import fc from 'fast-check'
import { AddressSpace, MemoryRegion, registerMemoryListener, tap } from 'guestmem'
import { type MapChangeDetail, measureMapChanges } from 'guestmem/trace'
import { afterEach, expect, test } from 'vitest'
import { later } from '../support/later.ts'

const io = (name: string, size = 0x100) => MemoryRegion.io(name, { read: () => 0, write: () => {} }, size)
let serial = 0

function board() {
  const root = MemoryRegion.container('root', 2 ** 32)
  const regions = ['a', 'b', 'c', 'd'].map(name => io(name))
  return { root, regions, space: new AddressSpace(`cpu ${serial++}`, root) }
}

const entriesOf = (name: string) => performance.getEntriesByName(name, 'measure') as PerformanceMeasure[]

afterEach(() => performance.clearMeasures())

test('one entry for each transaction that changed what is shown, with what came and what went', async () => {
  const { root, regions, space } = board()
  const [a, b, c] = regions as [MemoryRegion, MemoryRegion, MemoryRegion]
  root.addSubregion(0, a)
  const observed: string[] = []
  const observer = new PerformanceObserver(list => observed.push(...list.getEntries().map(({ name }) => name)))
  observer.observe({ entryTypes: ['measure'] })
  const measuring = measureMapChanges(space)
  const { name } = measuring
  expect(entriesOf(name)).toEqual([])
  const before = performance.now()
  MemoryRegion.transaction(() => {
    root.addSubregion(0x2000, b)
    root.addSubregion(0x1000, c)
    a.setEnabled(false)
  })
  const after = performance.now()
  // Nothing comes of these: what is shown stays.
  MemoryRegion.transaction(() => {
    b.setEnabled(false)
    b.setEnabled(true)
  })
  new AddressSpace('another', io('another'))
  tap(space, undefined, {}, () => {}).remove()
  io('elsewhere').setEnabled(false)
  b.setAddress(0x3000)
  const [first, second, ...rest] = entriesOf(name)
  expect(rest).toEqual([])
  expect(first?.detail).toEqual({
    space: space.name,
    added: [
      { region: 'c', start: 0x1000, end: 0x1100 },
      { region: 'b', start: 0x2000, end: 0x2100 },
    ],
    removed: [{ region: 'a', start: 0, end: 0x100 }],
    ranges: 2,
  } satisfies MapChangeDetail)
  expect(first?.entryType).toBe('measure')
  const end = (first?.startTime ?? 0) + (first?.duration ?? -1)
  expect([before <= (first?.startTime ?? 0), (first?.duration ?? -1) >= 0, end <= after + 0.001]).toEqual([
    true,
    true,
    true,
  ])
  expect(second?.detail).toMatchObject({
    added: [{ region: 'b', start: 0x3000, end: 0x3100 }],
    removed: [{ region: 'b', start: 0x2000, end: 0x2100 }],
  })
  expect(measuring.removed).toBe(false)
  measuring.remove()
  measuring.remove()
  expect(measuring.removed).toBe(true)
  b.setAddress(0x4000)
  expect(entriesOf(name).length).toBe(2)
  await later(0)
  observer.disconnect()
  expect(observed).toEqual([name, name])
})

test('what other listeners take is in it, and what they change is an entry of its own', () => {
  const { root, regions, space } = board()
  const [a, b] = regions as [MemoryRegion, MemoryRegion]
  const measuring = measureMapChanges(space)
  let spent = 0
  const off = registerMemoryListener(space, {
    commit() {
      const start = performance.now()
      while (performance.now() - start < 2);
      spent = performance.now() - start
      if (b.container === undefined) root.addSubregion(0x1000, b)
    },
  })
  // As the listener was registered, it was told of what there is, and has changed that.
  expect(entriesOf(measuring.name).map(({ detail }) => detail.added[0].region)).toEqual(['b'])
  root.addSubregion(0, a)
  const entry = entriesOf(measuring.name).at(-1)
  expect(entry?.detail.added).toEqual([{ region: 'a', start: 0, end: 0x100 }])
  expect(entry?.duration).toBeGreaterThanOrEqual(spent - 0.01)
  off()
  measuring.remove()
})

test('the entries, one after the other, lead from what was shown to what is', () => {
  const act = fc.record({ region: fc.nat(3), kind: fc.nat(2), address: fc.nat(20).map(n => n * 0x80) })
  fc.assert(
    fc.property(fc.array(fc.array(act, { minLength: 1, maxLength: 4 }), { maxLength: 8 }), transactions => {
      const { root, regions, space } = board()
      const measuring = measureMapChanges(space)
      let shown: string[] = []
      for (const list of transactions) {
        const count = entriesOf(measuring.name).length
        MemoryRegion.transaction(() => {
          for (const { region: index, kind, address } of list) {
            const region = regions[index] as MemoryRegion
            if (region.container === undefined) root.addSubregion(address, region, index)
            else if (kind === 0) root.removeSubregion(region)
            else if (kind === 1) region.setAddress(address)
            else region.setEnabled(!region.enabled)
          }
        })
        const entries = entriesOf(measuring.name).slice(count)
        const text = (each: { region: string; start: number; end: number }) =>
          `${each.start}-${each.end} ${each.region}`
        const now = () => space.view.ranges.map(({ region, start, end }) => text({ region: region.name, start, end }))
        expect(entries.length).toBe(now().toSorted().join() === shown.toSorted().join() ? 0 : 1)
        for (const { detail } of entries) {
          const gone = new Set(detail.removed.map(text))
          shown = [...shown.filter(each => !gone.has(each)), ...detail.added.map(text)]
          expect(detail.ranges).toBe(space.view.ranges.length)
        }
        expect(shown.toSorted()).toEqual(now().toSorted())
      }
      measuring.remove()
      space.destroy()
      performance.clearMeasures()
    }),
    { numRuns: 500 },
  )
})

test('is refused of what is no space, and where the engine can’t', () => {
  expect(() => measureMapChanges({} as never)).toThrow(/space must be an AddressSpace/)
  const { space } = board()
  const { performance: own } = globalThis
  Object.defineProperty(globalThis, 'performance', { value: undefined, configurable: true, writable: true })
  try {
    expect(() => measureMapChanges(space)).toThrow(/performance.measure must be there/)
  } finally {
    Object.defineProperty(globalThis, 'performance', { value: own, configurable: true, writable: true })
  }
})
