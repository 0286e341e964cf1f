import {
  DirtyClient,
  isDirty,
  markDirty,
  type RamBlock,
  ramCopy,
  snapshotAndClearDirty,
  startGlobalDirtyLog,
  stopGlobalDirtyLog,
} from 'guestmem'
import { describe, expect, test, vi } from 'vitest'
import { PAGE } from '../support/board.ts'
import { losesStore, type Step } from './support/dirty-protocol.ts'
import { startWriters } from './support/start-writers.ts'
import { board, RAW_STORES, STORES } from './support/stores.ts'

const { VGA } = DirtyClient

/** Copies what is dirty. @returns Bytes. */
function harvestTo(copy: Uint8Array, block: RamBlock, client: DirtyClient = VGA): number {
  let bytes = 0
  for (const { offset, length } of snapshotAndClearDirty(block, 0, block.size, client).ranges()) {
    ramCopy(copy, offset, block, offset, length)
    bytes += length
  }
  return bytes
}

describe('the protocol, in every interleaving', () => {
  const store = (value: number): Step => ({ kind: 'store', value })
  const mark: Step = { kind: 'mark' }
  const sides = ['store, then mark', 'mark, then store', 'store, look, mark if clean'] as const
  const steps = {
    'store, then mark': [store(1), mark, store(2), mark],
    'mark, then store': [mark, store(1), mark, store(2)],
    'store, look, mark if clean': [store(1), mark, store(2), { kind: 'look' }, { kind: 'mark if clean' }],
  } as const satisfies Record<(typeof sides)[number], readonly Step[]>

  test.each(sides)('F3 "%s"', side => {
    const losing = { 'store, then mark': [false, false], 'mark, then store': [true, true] } as Record<string, boolean[]>
    // A look at the bit is sound only where no store waits in a buffer.
    const expected = losing[side] ?? [false, true]
    expect([losesStore(steps[side], false), losesStore(steps[side], true)]).toEqual(expected)
  })
})

describe('a harvest right before each mark and right after it', () => {
  /** Runs `store` with harvests around its marks. @returns The marks, and whether a last harvest makes the copy whole. */
  function race(block: RamBlock, store: () => void): readonly [marks: number, whole: boolean] {
    const copy = block.view().slice()
    const { or } = Atomics
    const spy = vi.spyOn(Atomics, 'or').mockImplementation(((words: Int32Array, index: number, bits: number) => {
      harvestTo(copy, block)
      const before = or(words, index, bits)
      harvestTo(copy, block)
      return before
    }) as typeof Atomics.or)
    store()
    const marks = spy.mock.calls.length
    spy.mockRestore()
    harvestTo(copy, block)
    return [marks, Buffer.compare(copy, block.view()) === 0]
  }

  const noise = (block: RamBlock): void => {
    const bytes = block.view()
    for (let i = 0; i < bytes.length; i++) bytes[i] = i % 251 || 9
  }

  test.each(STORES)('F3 %s: nothing is lost', (_name, pages, store) => {
    const { block, space } = board()
    noise(block)
    const [marks, whole] = race(block, () => store(space, 0x10000))
    expect([marks > 0, whole]).toEqual([pages.length > 0, true])
  })

  test.each(RAW_STORES)('F3 %s: nothing is lost', (_name, pages, store) => {
    const { ram, block } = board()
    const from = ram.block('from', PAGE)
    noise(block)
    const [marks, whole] = race(block, () => store(block, from))
    expect([marks > 0, whole]).toEqual([pages.length > 0, true])
  })

  test('F2 each store marks, also where its page is dirty: it can not know whether its look at the bit comes too early', () => {
    const { block, space } = board()
    markDirty(block, 0, block.size, VGA | DirtyClient.MIGRATION)
    const spy = vi.spyOn(Atomics, 'or')
    space.store8(0x10000, 1)
    expect(spy).toHaveBeenCalledTimes(2)
    spy.mockRestore()
  })

  test('F3 a mark that comes while the others of its word are taken is in this snapshot or the next', () => {
    const { block } = board()
    const { and } = Atomics
    markDirty(block, PAGE, 1, VGA)
    const spy = vi.spyOn(Atomics, 'and').mockImplementationOnce(((words: Int32Array, index: number, bits: number) => {
      markDirty(block, 3 * PAGE, 1, VGA)
      const before = and(words, index, bits)
      markDirty(block, 5 * PAGE, 1, VGA)
      return before
    }) as typeof Atomics.and)
    const taken = [1, 2].map(() =>
      [...snapshotAndClearDirty(block, 0, block.size, VGA).ranges()].map(r => r.offset / PAGE),
    )
    expect(taken).toEqual([[1, 3], [5]])
    spy.mockRestore()
  })

  test('F3 known bad: a mark ahead of its store loses it', () => {
    const { block } = board()
    const bytes = block.view()
    const bad = race(block, () => {
      markDirty(block, 0, 1, VGA)
      bytes[0] = 1
    })
    expect(bad).toEqual([1, false])
    expect(
      race(block, () => {
        bytes[0] = 2
        markDirty(block, 0, 1, VGA)
      }),
    ).toEqual([1, true])
  })
})

/** Runs two threads that store all the time while `body` harvests; it ends them by what it is given. */
async function withWriters(
  log: boolean,
  body: (block: RamBlock, control: Int32Array, late: () => boolean) => Promise<void>,
): Promise<void> {
  const { block, control, late, end } = await startWriters(log)
  try {
    await body(block, control, late)
  } finally {
    await end()
  }
}

/** Harvests while the threads store, and once more when they have ended; then the copy is whole. */
function harvestRace(
  copy: Uint8Array,
  block: RamBlock,
  client: DirtyClient,
  control: Int32Array,
  late: () => boolean,
): void {
  let harvests = 0
  while (harvests < 200 && !late()) if (harvestTo(copy, block, client) > 0) harvests++
  Atomics.store(control, 0, 2)
  while (Atomics.load(control, 1) < 2 && !late()) harvestTo(copy, block, client)
  expect(Atomics.load(control, 1)).toBe(2)
  harvestTo(copy, block, client)
  expect(Buffer.compare(copy, block.view())).toBe(0)
  expect(isDirty(block, 0, block.size, client)).toBe(false)
  // There was a race.
  expect(harvests).toBe(200)
}

test('F3 threads store while another harvests: a last harvest makes its copy whole', () =>
  withWriters(true, async (block, control, late) => {
    const copy = block.view().slice()
    Atomics.store(control, 0, 1)
    Atomics.notify(control, 0)
    harvestRace(copy, block, VGA, control, late)
  }))

test.each([1, 2, 3])('F4 the same, where the log of all memory begins while they store, %i', () =>
  withWriters(false, async (block, control, late) => {
    Atomics.store(control, 0, 1)
    Atomics.notify(control, 0)
    const rounds = () => [2, 3].map(word => Atomics.load(control, word))
    // Their stores are in full swing, by code that the JIT has made of them.
    while (rounds().some(count => count < 20_000) && !late());
    startGlobalDirtyLog()
    try {
      // Each has met this thread since: what it stores now is marked.
      const before = rounds()
      while (rounds().some((count, i) => count === before[i]) && !late());
      harvestRace(block.view().slice(), block, DirtyClient.MIGRATION, control, late)
    } finally {
      stopGlobalDirtyLog()
    }
  }),
)
