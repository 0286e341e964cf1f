import {
  AddressSpace,
  DirtyClient,
  GuestRam,
  HOST_PROFILES,
  isDirty,
  MemoryRegion,
  MemTxResult,
  type RamBlock,
  SparseRam,
  startGlobalDirtyLog,
  stopGlobalDirtyLog,
} from 'guestmem'
import { describe, expect, test, vi } from 'vitest'
import { LazyRam } from '../../src/ram/lazy-ram.ts'
import { identityOf } from '../../src/ram/memory-identity.ts'

// biome-ignore lint/suspicious/noExplicitAny: what is tested is what types would forbid
const bad = (value: unknown): any => value

const PAGE = 4096
const GiB = 2 ** 30
const MEMORY = 4 * PAGE

const sizes = (blocks: readonly RamBlock[]) => blocks.map(({ offset, size }) => [offset, size])

describe('a region of more than one guest RAM can hold', () => {
  test('S1 128 GiB are 64 blocks, of which those that are accessed are allocated', () => {
    const sparse = new SparseRam()
    const blocks = sparse.blocks('BAR 4', 128 * GiB)
    expect(blocks).toHaveLength(64)
    const space = new AddressSpace('memory', MemoryRegion.ramDevice('BAR 4', blocks))
    expect(space.view.ranges).toHaveLength(1)
    expect(sparse.allocatedBytes).toBe(0)
    space.store32(128 * GiB - 4, 0x1234_5678)
    expect([space.load32(128 * GiB - 4), space.result]).toEqual([0x1234_5678, MemTxResult.OK])
    expect(sparse.allocatedBytes).toBe(2 * GiB)
  })

  test('H13 each memory that is allocated is known as one of its own', () => {
    const sparse = new SparseRam({ memoryBytes: MEMORY })
    const blocks = sparse.blocks('ram', 2 * MEMORY)
    const space = new AddressSpace('memory', MemoryRegion.ram('ram', blocks))
    space.store32(0, 1)
    space.store32(MEMORY, 1)
    const [first, second] = blocks.map(({ ram }) => identityOf(ram.buffer))
    expect(new Set([0, first, second]).size).toBe(3)
  })

  test('E1 a request over the border of two blocks reaches both', () => {
    const sparse = new SparseRam({ memoryBytes: MEMORY })
    const space = new AddressSpace('memory', MemoryRegion.ram('ram', sparse.blocks('ram', 3 * MEMORY)))
    const bytes = Uint8Array.from({ length: 100 }, (_, at) => at)
    expect(space.write(2 * MEMORY - 50, bytes)).toBe(MemTxResult.OK)
    const back = new Uint8Array(100)
    space.read(2 * MEMORY - 50, back)
    expect([...back]).toEqual([...bytes])
    expect(sparse.allocatedBytes).toBe(2 * MEMORY)
    // J1: a window ends with its block.
    expect(space.map(2 * MEMORY - 50, 100)?.length).toBe(50)
  })
})

describe('its blocks', () => {
  test('are laid out as GuestRam.block cuts them: page aligned, of any size, the last one the rest', () => {
    const sparse = new SparseRam({ memoryBytes: MEMORY })
    expect(sizes(sparse.blocks('a', 1))).toEqual([[0, 1]])
    expect(sizes(sparse.blocks('b', PAGE + 1))).toEqual([[PAGE, PAGE + 1]])
    expect(sizes(sparse.blocks('fits', PAGE))).toEqual([[3 * PAGE, PAGE]])
    expect(sizes(sparse.blocks('c', MEMORY + 5))).toEqual([
      [0, MEMORY],
      [0, 5],
    ])
    expect(sizes(sparse.blocks('d', PAGE))).toEqual([[PAGE, PAGE]])
  })

  test('of thousands of whole guest RAMs, each looks at the one before: the rest goes where the first room is', () => {
    const sparse = new SparseRam({ memoryBytes: MEMORY })
    const [first] = sparse.blocks('first', PAGE) as [RamBlock]
    const looks = vi.spyOn(LazyRam.prototype, 'gapFor')
    const count = 3000
    const blocks = sparse.blocks('large', count * MEMORY + PAGE)
    // Looking and laying out. Where each looks at all before it, there are millions.
    expect(looks.mock.calls.length).toBeLessThan(4 * count)
    looks.mockRestore()
    expect(new Set(blocks.map(({ ram }) => ram)).size).toBe(count + 1)
    expect(blocks.at(-1)?.ram).toBe(first.ram)
    expect(sizes(blocks.slice(-2))).toEqual([
      [0, MEMORY],
      [PAGE, PAGE],
    ])
  })

  test('share a guest RAM while it is not allocated, and never get the same bytes', () => {
    const sparse = new SparseRam({ memoryBytes: MEMORY })
    const [a] = sparse.blocks('a', PAGE) as [RamBlock]
    const [b] = sparse.blocks('b', PAGE) as [RamBlock]
    expect(a.ram).toBe(b.ram)
    a.view()[0] = 1
    expect(sparse.allocatedBytes).toBe(2 * PAGE)
    const [c] = sparse.blocks('c', PAGE) as [RamBlock]
    expect(c.ram).not.toBe(a.ram)
    b.view()[0] = 2
    c.view()[0] = 3
    expect([a, b, c].map(block => block.view()[0])).toEqual([1, 2, 3])
    expect(sparse.allocatedBytes).toBe(3 * PAGE)
  })

  test('take the options of guest RAM', () => {
    const [block] = new SparseRam({ host: HOST_PROFILES.riscv64, lane: 'script', unaligned: 'refuse' }).blocks(
      'ram',
      PAGE,
    ) as [RamBlock]
    expect([block.ram.host.name, block.ram.order, block.ram.lane.name]).toEqual(['riscv64', 'language', 'script'])
    expect(block.ram.cells('normal').permits(1, 2)).toBe(false)
  })
})

describe('another thread', () => {
  test('attaches to the guest RAM that a block is in, with all its blocks, and can cut no others', () => {
    const sparse = new SparseRam({ memoryBytes: MEMORY })
    const [, second] = sparse.blocks('first', MEMORY + 1) as [RamBlock, RamBlock]
    const [third] = sparse.blocks('third', PAGE) as [RamBlock]
    third.view()[7] = 7
    expect(sparse.allocatedBytes).toBe(2 * PAGE)
    const there = GuestRam.attach(structuredClone(sparse.handleOf(second)))
    expect(there.blocks.map(({ name, offset, size }) => [name, offset, size])).toEqual([
      ['first', 0, 1],
      ['third', PAGE, PAGE],
    ])
    expect(there.blocks[1]?.view()[7]).toBe(7)
    expect(() => there.block('more', 1)).toThrow('at most the 0 that are left')
  })

  test('asks for memory that nobody has accessed', () => {
    const sparse = new SparseRam({ memoryBytes: MEMORY })
    const blocks = sparse.blocks('ram', 2 * MEMORY) as [RamBlock, RamBlock]
    expect(GuestRam.attach(sparse.handleOf(blocks[1])).bytes).toBe(MEMORY)
    expect(sparse.allocatedBytes).toBe(MEMORY)
  })
})

describe('a dirty log', () => {
  test('F1 of memory that was not accessed allocates none', () => {
    const sparse = new SparseRam()
    const blocks = sparse.blocks('BAR 4', 128 * GiB)
    const region = MemoryRegion.ram('BAR 4', blocks)
    const space = new AddressSpace('memory', region)
    startGlobalDirtyLog()
    region.setLog(DirtyClient.VGA, true)
    expect(isDirty(blocks[3] as RamBlock, 0, PAGE, DirtyClient.VGA)).toBe(false)
    expect(sparse.allocatedBytes).toBe(0)
    space.store8(6 * GiB, 1)
    expect(sparse.allocatedBytes).toBe(2 * GiB)
    expect(isDirty(blocks[3] as RamBlock, 0, PAGE, DirtyClient.VGA)).toBe(true)
    expect(isDirty(blocks[3] as RamBlock, PAGE, PAGE, DirtyClient.VGA)).toBe(false)
    stopGlobalDirtyLog()
    region.setLog(DirtyClient.VGA, false)
  })

  test('F2 that was on before memory is allocated sees what other threads store', () => {
    const sparse = new SparseRam({ memoryBytes: MEMORY })
    const [block] = sparse.blocks('ram', MEMORY) as [RamBlock]
    MemoryRegion.ram('ram', block).setLog(DirtyClient.VGA, true)
    const there = GuestRam.attach(sparse.handleOf(block))
    there.dirty.mark(PAGE, 1, 7)
    expect(isDirty(block, PAGE, PAGE, DirtyClient.VGA)).toBe(true)
    expect(there.logs[0]).not.toBe(0)
  })
})

describe('it refuses by name and value', () => {
  const sparse = new SparseRam()
  const foreign = GuestRam.allocate(PAGE).block('foreign', PAGE)
  const [other] = new SparseRam().blocks('other', PAGE) as [RamBlock]
  test.each<[string, ErrorConstructor, RegExp, () => unknown]>([
    ['options', TypeError, /^options must be an object, got 7$/, () => new SparseRam(bad(7))],
    ['an unknown option', TypeError, /^options .*got "bytes"$/, () => new SparseRam(bad({ bytes: 1 }))],
    ['an order', TypeError, /^options.order .*got "fast"$/, () => new SparseRam(bad({ order: 'fast' }))],
    ['a host', TypeError, /^options.host .*got "x86"$/, () => new SparseRam(bad({ host: 'x86' }))],
    ['memoryBytes 0', RangeError, /^options.memoryBytes .*got 0$/, () => new SparseRam({ memoryBytes: 0 })],
    [
      'memoryBytes, no page',
      RangeError,
      /^options.memoryBytes .*got 5000$/,
      () => new SparseRam({ memoryBytes: 5000 }),
    ],
    [
      'memoryBytes over 4 GiB',
      RangeError,
      /^options.memoryBytes .*got 4294971392$/,
      () => new SparseRam({ memoryBytes: 2 ** 32 + PAGE }),
    ],
    ['memoryBytes, a string', TypeError, /^options.memoryBytes .*"1"$/, () => new SparseRam({ memoryBytes: bad('1') })],
    ['no name', TypeError, /^name .*got ""$/, () => sparse.blocks('', PAGE)],
    ['0 bytes', RangeError, /^bytes .*got 0$/, () => sparse.blocks('b', 0)],
    ['NaN bytes', RangeError, /^bytes .*got NaN$/, () => sparse.blocks('b', Number.NaN)],
    ['bytes below 0', RangeError, /^bytes .*got -1$/, () => sparse.blocks('b', -1)],
    ['2^53 bytes', RangeError, /^bytes .*got 9007199254740992$/, () => sparse.blocks('b', 2 ** 53)],
    ['bytes, a bigint', TypeError, /^bytes .*got 1n$/, () => sparse.blocks('b', bad(1n))],
    ['a handle of no block', TypeError, /^block .*got undefined$/, () => sparse.handleOf(bad(undefined))],
    ['a handle of a foreign block', TypeError, /^block .*sparse RAM's/, () => sparse.handleOf(foreign)],
    ["a handle of another's block", TypeError, /^block .*sparse RAM's/, () => sparse.handleOf(other)],
  ])('%s', (_what, error, text, call) => {
    expect(call).toThrow(error)
    expect(call).toThrow(text)
    expect(sparse.allocatedBytes).toBe(0)
  })
})
