import { GuestRam, SparseRam, startGlobalDirtyLog, stopGlobalDirtyLog } from 'guestmem'
import { afterEach, describe, expect, test } from 'vitest'
import { PAGE } from '../../support/board.ts'
import { collect } from '../../support/collect.ts'

afterEach(stopGlobalDirtyLog)

/** How many logs are on, and how many threads log all memory. */
const counts = ({ logs }: { logs: Int32Array }) => [logs[0], logs[1]]

describe('F4 all memory takes part in the global log', () => {
  test('what was allocated, wrapped or attached before it began, and after', () => {
    const before = [
      GuestRam.allocate(PAGE),
      GuestRam.wrap(new SharedArrayBuffer(PAGE)),
      GuestRam.allocate(PAGE, { lane: 'script' }),
    ]
    startGlobalDirtyLog()
    const after = [GuestRam.allocate(PAGE), GuestRam.wrap(new SharedArrayBuffer(PAGE))]
    for (const ram of [...before, ...after]) expect(counts(ram)).toEqual([1, 1])
    // It counts once for each GuestRam: each of them takes its own back.
    const twin = GuestRam.attach((before[0] as GuestRam).handle)
    expect(counts(twin)).toEqual([2, 2])
    startGlobalDirtyLog()
    expect(counts(twin)).toEqual([2, 2])
    stopGlobalDirtyLog()
    for (const ram of [...before, ...after, twin]) expect(counts(ram)).toEqual([0, 0])
    stopGlobalDirtyLog()
    startGlobalDirtyLog()
    expect(counts(twin)).toEqual([2, 2])
  })

  test('sparse memory, which nobody allocates for it', () => {
    const sparse = new SparseRam()
    const [first, second] = [sparse.blocks('first', 2 ** 31)[0], sparse.blocks('second', 2 ** 31)[0]]
    expect(counts(first?.ram as never)).toEqual([0, 0])
    startGlobalDirtyLog()
    expect([first, second].map(block => counts(block?.ram as never))).toEqual([
      [1, 1],
      [1, 1],
    ])
    stopGlobalDirtyLog()
    expect([first, second].map(block => counts(block?.ram as never))).toEqual([
      [0, 0],
      [0, 0],
    ])
    expect(sparse.allocatedBytes).toBe(0)
  })
})

describe('what it keeps alive', () => {
  const dropped = () => Array.from({ length: 300 }, () => new WeakRef(GuestRam.allocate(PAGE, { lane: 'script' })))

  test('no guest RAM, on or off', async () => {
    const before = dropped()
    startGlobalDirtyLog()
    const during = dropped()
    expect(await collect([...before, ...during])).toBe(0)
  })

  test('what it was counted in is taken back, though its GuestRam is gone', async () => {
    const attached = () => {
      const ram = GuestRam.allocate(PAGE)
      const { dirty } = ram.handle
      return [new WeakRef(ram), new Int32Array(dirty)] as const
    }
    const [old, words] = attached()
    startGlobalDirtyLog()
    const [young, others] = attached()
    expect(await collect([old, young])).toBe(0)
    expect([counts({ logs: words }), counts({ logs: others })]).toEqual([
      [1, 1],
      [1, 1],
    ])
    stopGlobalDirtyLog()
    expect([counts({ logs: words }), counts({ logs: others })]).toEqual([
      [0, 0],
      [0, 0],
    ])
  })
})
