import { Worker } from 'node:worker_threads'
import {
  AddressSpace,
  DirtyClient,
  GuestRam,
  MemoryRegion,
  type RamBlock,
  snapshotAndClearDirty,
  startGlobalDirtyLog,
  stopGlobalDirtyLog,
} from 'guestmem'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { PAGE } from '../support/board.ts'
import { bundle } from '../support/bundle.ts'
import { later } from '../support/later.ts'
import { type ForeignTask, storer, WAYS } from './support/foreign-stores.ts'

const { VGA, CODE, MIGRATION } = DirtyClient

const program = bundle(new URL('./support/foreign-stores.ts', import.meta.url))
afterAll(program.remove)
afterEach(stopGlobalDirtyLog)

function dirtyPages(block: RamBlock, client: DirtyClient = MIGRATION): number[] {
  return [...snapshotAndClearDirty(block, 0, block.size, client).ranges()].flatMap(({ offset, length }) =>
    Array.from({ length: length / PAGE }, (_, i) => offset / PAGE + i),
  )
}

/** A thread that makes the stores that it is ordered to. */
class Foreign {
  readonly #words = new Int32Array(new SharedArrayBuffer(8))
  readonly #worker: Worker
  #failed: Error | undefined

  constructor(ram: GuestRam) {
    const task: ForeignTask = { handle: ram.handle, control: this.#words.buffer as SharedArrayBuffer }
    this.#worker = new Worker(program.path, { workerData: task })
    this.#worker.on('error', error => {
      this.#failed = error as Error
    })
  }

  async do(order: number): Promise<void> {
    Atomics.store(this.#words, 0, order)
    Atomics.notify(this.#words, 0)
    const deadline = performance.now() + 60_000
    while (Atomics.load(this.#words, 1) !== order) {
      if (this.#failed !== undefined || performance.now() > deadline) throw this.#failed ?? new Error('no answer')
      await later(1)
    }
  }

  async end(): Promise<void> {
    const exit = new Promise(resolve => this.#worker.once('exit', resolve))
    Atomics.store(this.#words, 0, -1)
    Atomics.notify(this.#words, 0)
    await exit
  }
}

describe.each([
  ['host order', {}],
  ['language order', { order: 'language' as const }],
  ['script', { lane: 'script' as const }],
])('F1, F2, F4 the global log of this thread and the stores of another, %s', (_what, options) => {
  const ram = GuestRam.allocate((WAYS.length + 2) * PAGE, options)
  const block = ram.block('block', (WAYS.length + 2) * PAGE)
  let foreign: Foreign
  beforeAll(() => {
    foreign = new Foreign(ram)
  })
  afterAll(() => foreign.end())

  test.each(WAYS.map(([name], i) => [name, i + 1] as const))(
    '%s is marked from when the threads have met, and its page alone; then no more',
    { timeout: 120_000 },
    async (_name, order) => {
      // Its code is hot, and its sections are made, before the log begins.
      await foreign.do(0x1000 + order)
      await foreign.do(order)
      expect(dirtyPages(block)).toEqual([])
      startGlobalDirtyLog()
      await foreign.do(0x1000 + order)
      await foreign.do(order)
      expect(dirtyPages(block)).toEqual([0, order])
      for (const client of [VGA, CODE] as const) expect(dirtyPages(block, client)).toEqual([])
      stopGlobalDirtyLog()
      await foreign.do(0x1000 + order)
      await foreign.do(order)
      expect(dirtyPages(block)).toEqual([])
    },
  )
})

test('F4 a thread that comes while the log is on, and one that attached before: its stores are marked', async () => {
  startGlobalDirtyLog()
  const ram = GuestRam.allocate((WAYS.length + 2) * PAGE)
  const block = ram.block('block', (WAYS.length + 2) * PAGE)
  const foreign = new Foreign(ram)
  try {
    const orders = WAYS.map((_, i) => i + 1)
    for (const order of orders) await foreign.do(order)
    expect(dirtyPages(block)).toEqual(orders)
  } finally {
    await foreign.end()
  }
}, 120_000)

// The same thread stands for another: what they share is all that the second GuestRam knows of the first one's log.
describe('what threads share', () => {
  const pages = (WAYS.length + 2) * PAGE

  test('F2 two logs end with the second: MIGRATION is marked until no thread logs all memory', () => {
    const ram = GuestRam.allocate(pages)
    const block = ram.block('block', pages)
    const there = GuestRam.attach(ram.handle)
    ram.dirty.logAll(true)
    there.dirty.logAll(true)
    const on = storer(block)
    const store = () => {
      on.space.store32(0x8000_0000 + PAGE, 1)
      return dirtyPages(block)
    }
    expect([store(), store()]).toEqual([[1], [1]])
    ram.dirty.logAll(false)
    expect([store(), store()]).toEqual([[1], [1]])
    there.dirty.logAll(false)
    expect([store(), store()]).toEqual([[], []])
  })

  test.each(WAYS)('F2 %s, before the handle was taken, while and after the log is on', (_name, store) => {
    const ram = GuestRam.allocate(pages)
    const block = ram.block('block', pages)
    const on = storer(block)
    for (let i = 0; i < 3; i++) store(on, PAGE)
    const there = GuestRam.attach(ram.handle)
    for (const loud of [true, false, true]) {
      if (loud) there.dirty.logAll(true)
      for (const page of [2, 5]) store(on, page * PAGE)
      expect(dirtyPages(block)).toEqual(loud ? [2, 5] : [])
      if (loud) there.dirty.logAll(false)
    }
  })

  test('F1 the log of another thread is in no mask of this one, and tells no listener', () => {
    const ram = GuestRam.allocate(PAGE)
    const region = MemoryRegion.ram('ram', ram.block('block', PAGE))
    const space = new AddressSpace('space', region)
    GuestRam.attach(ram.handle).dirty.logAll(true)
    expect([region.dirtyLogMask, space.view.ranges[0]?.dirtyLogMask]).toEqual([0, 0])
  })
})
