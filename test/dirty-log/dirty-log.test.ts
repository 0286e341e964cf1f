import {
  AddressSpace,
  codeWrites,
  DirtyClient,
  type DirtySnapshot,
  GuestRam,
  isDirty,
  MemoryRegion,
  markDirty,
  type RamBlock,
  ramCopy,
  ramFill,
  ramMove,
  snapshotAndClearDirty,
  testAndClearDirty,
} from 'guestmem'
import { describe, expect, test } from 'vitest'
import { PAGE, QUIET } from '../support/board.ts'
import { blocks, board, RAW_STORES, STORES } from './support/stores.ts'

const { VGA, CODE, MIGRATION } = DirtyClient

/** The pages of a block that are dirty for a client, and clean from here on. */
function dirtyPages(block: RamBlock, client: DirtyClient): number[] {
  return pagesOf(snapshotAndClearDirty(block, 0, block.size, client))
}

function pagesOf(snapshot: DirtySnapshot): number[] {
  return [...snapshot.ranges()].flatMap(({ offset, length }) =>
    Array.from({ length: Math.ceil(length / PAGE) }, (_, i) => offset / PAGE + i),
  )
}

describe.each([
  ['host order', {}],
  ['language order', { order: 'language' as const }],
  ['script', { lane: 'script' as const }],
])('stores through a space, %s', (_what, options) => {
  test.each(STORES)('F2, E3, E12, I4 %s marks its pages, for the clients that log', (_name, pages, store) => {
    const { block, space } = board(options)
    store(space, 0x10000)
    expect(dirtyPages(block, VGA)).toEqual(pages)
    expect(dirtyPages(block, MIGRATION)).toEqual(pages)
    expect(dirtyPages(block, CODE)).toEqual([])
    expect(dirtyPages(block, VGA)).toEqual([])
  })

  test.each(STORES)('F1 %s marks nothing where nothing logs', (_name, _pages, store) => {
    const { block, region, space } = board(options)
    region.setLog(VGA, false)
    region.setLog(MIGRATION, false)
    store(space, 0x10000)
    for (const client of [VGA, CODE, MIGRATION]) expect(dirtyPages(block, client)).toEqual([])
  })

  test.each(STORES)('%s stores what it does without a log', (_name, _pages, store) => {
    const [logged, plain] = [board(options), board(options)]
    plain.region.setLog(VGA, false)
    plain.region.setLog(MIGRATION, false)
    store(logged.space, 0x10000)
    store(plain.space, 0x10000)
    expect(Buffer.compare(logged.block.view(), plain.block.view())).toBe(0)
    expect(logged.space.result).toBe(plain.space.result)
  })
})

test('F2, S5 stores that register accessors make, as the direct-access policy wants, mark as others do', () => {
  const { block, root } = board({}, 'ramDevice')
  const device = MemoryRegion.ramDevice('device', block, { cacheMode: 'device' })
  device.setLog(CODE, true)
  root.addSubregion(2 ** 32, device)
  const space = new AddressSpace('space', root, { directAccess: 'normal-only' })
  space.write(2 ** 32 + 2 * PAGE - 1, new Uint8Array(9))
  space.store64(2 ** 32 + 7 * PAGE, 1n)
  space.store16(2 ** 32 + 9 * PAGE, 1)
  expect(dirtyPages(block, CODE)).toEqual([1, 2, 7, 9])
})

test('F5 a store marks the pages of the block, not those that its address would have (a defect of QEMU 7.2)', () => {
  const { block, root, region } = board()
  root.addSubregion(2 ** 33, MemoryRegion.alias('window', region, 5 * PAGE + 12, 4 * PAGE))
  const space = new AddressSpace('space', root)
  space.store32(2 ** 33, 1)
  space.store32(2 ** 33 + 2 * PAGE - 12, 1)
  expect(dirtyPages(block, VGA)).toEqual([5, 7])
})

test('F2 bits are the block: aliases, other regions of it and other GuestRams of its memory share them', () => {
  const { ram, block, region, root } = board()
  const twin = MemoryRegion.ram('twin', block)
  root.addSubregion(2 ** 33, twin)
  const space = new AddressSpace('space', root)
  space.store8(0x10000, 1)
  expect(isDirty(twin, 0, 1, VGA)).toBe(true)
  // What is not logged itself marks nothing.
  space.store8(2 ** 33 + PAGE, 1)
  expect(isDirty(region, PAGE, 1, VGA)).toBe(false)
  const other = GuestRam.attach(ram.handle).blocks[1] as RamBlock
  expect(testAndClearDirty(other, 0, 1, VGA)).toBe(true)
  expect(isDirty(block, 0, 1, VGA)).toBe(false)
})

test('F2, E12 writeRom marks ROM, and the memory of a ROM device', () => {
  const [ram] = blocks(4)
  const root = MemoryRegion.container('root', 2 ** 20)
  const rom = MemoryRegion.rom('rom', ram.block('rom', PAGE))
  const flash = MemoryRegion.romDevice('flash', QUIET, ram.block('flash', PAGE - 1))
  for (const [i, region] of [rom, flash].entries()) {
    region.setLog(MIGRATION, true)
    root.addSubregion(i * 0x10000, region)
  }
  const space = new AddressSpace('space', root)
  space.store32(0, 1)
  space.store32(0x10000, 1)
  expect([isDirty(rom, 0, PAGE, MIGRATION), isDirty(flash, 0, PAGE - 1, MIGRATION)]).toEqual([false, false])
  space.writeRom(4, new Uint8Array(4))
  expect([isDirty(rom, 0, PAGE, MIGRATION), isDirty(flash, 0, PAGE - 1, MIGRATION)]).toEqual([true, false])
  space.writeRom(0x10000, new Uint8Array(4))
  expect(isDirty(flash, 0, PAGE - 1, MIGRATION)).toBe(true)
})

describe('stores that no region sees', () => {
  test.each(RAW_STORES)('F2 %s marks for the clients that log a region of its guest RAM', (_name, pages, store) => {
    const { ram, block, region } = board()
    const from = ram.block('from', PAGE)
    const foreign = GuestRam.allocate(PAGE).block('foreign', PAGE)
    for (const source of [from, foreign]) {
      store(block, source)
      expect(dirtyPages(block, VGA)).toEqual(pages)
      expect(dirtyPages(block, MIGRATION)).toEqual(pages)
      expect(dirtyPages(block, CODE)).toEqual([])
    }
    region.setLog(VGA, false)
    store(block, from)
    expect(dirtyPages(block, VGA)).toEqual([])
    expect(dirtyPages(block, MIGRATION)).toEqual(pages)
    region.setLog(MIGRATION, false)
    store(block, from)
    expect(dirtyPages(block, MIGRATION)).toEqual([])
  })

  test('F2 they mark until the last region of the guest RAM has no log, wherever it was turned on', () => {
    const [ram, block] = blocks(8)
    const there = GuestRam.attach(ram.handle).blocks[1] as RamBlock
    const [a, b] = [MemoryRegion.ram('a', block), MemoryRegion.ram('b', there)]
    for (const [region, on, marks] of [
      [a, true, true],
      [a, true, true],
      [b, true, true],
      [a, false, true],
      [b, false, false],
      [b, false, false],
    ] as const) {
      region.setLog(VGA, on)
      ramFill(block, 0, 1, 1)
      expect(testAndClearDirty(there, 0, 1, VGA)).toBe(marks)
    }
  })

  test('a refused move marks nothing', () => {
    const { block } = board({ scratchLimit: 8 })
    expect(() => ramMove(block, 64, block, 0, 128)).toThrow(RangeError)
    expect(() => ramCopy(block, 64, block, 0, 128)).toThrow(RangeError)
    expect(dirtyPages(block, VGA)).toEqual([])
  })

  test('F2 markDirty marks for whom it is told to, logged or not', () => {
    const [, block] = blocks(40)
    block.view()[PAGE] = 1
    markDirty(block, 2 * PAGE - 1, 2, VGA | CODE)
    markDirty(block, 0, 0, VGA)
    expect([VGA, CODE, MIGRATION].map(client => dirtyPages(block, client))).toEqual([[1, 2], [1, 2], []])
  })
})

describe('CODE', () => {
  test('F2 the number of stores that were marked changes with each, also where the page was dirty', () => {
    const { block, region, space } = board()
    const counts = [codeWrites(block)]
    const count = (): unknown => counts.push(codeWrites(block))
    space.store8(0x10000, 1)
    count()
    region.setLog(CODE, true)
    space.store8(0x10000, 1)
    count()
    space.store8(0x10000, 1)
    count()
    ramFill(block, 0, 1, 1)
    count()
    expect(counts.map(n => n - (counts[0] as number))).toEqual([0, 0, 1, 2, 3])
    expect(dirtyPages(block, CODE)).toEqual([0])
  })
})

describe('snapshots', () => {
  test('F3 a snapshot takes the marks of its range, rounded out to pages, and no others', () => {
    const [, block] = blocks(100)
    markDirty(block, 0, block.size, VGA | MIGRATION)
    const snapshot = snapshotAndClearDirty(block, 10 * PAGE + 5, 60 * PAGE, VGA)
    expect([snapshot.offset, snapshot.length]).toEqual([10 * PAGE, 61 * PAGE])
    expect([...snapshot.ranges()]).toEqual([{ offset: 10 * PAGE, length: 61 * PAGE }])
    expect(pagesOf(snapshotAndClearDirty(block, 0, block.size, VGA))).toEqual(
      Array.from({ length: 100 }, (_, i) => i).filter(i => i < 10 || i > 70),
    )
    expect(dirtyPages(block, MIGRATION)).toHaveLength(100)
  })

  test('F3 it is immutable, and what is stored later is in the next one', () => {
    const { region, space } = board()
    space.store8(0x10000, 1)
    const first = snapshotAndClearDirty(region, 0, region.size, VGA)
    space.store8(0x10000 + 4 * PAGE, 1)
    expect(pagesOf(first)).toEqual([0])
    expect([first.isDirty(0, 4 * PAGE), first.isDirty(PAGE, 39 * PAGE), first.isDirty(0, 0)]).toEqual([
      true,
      false,
      false,
    ])
    expect(pagesOf(snapshotAndClearDirty(region, 0, region.size, VGA))).toEqual([4])
    expect(Object.isFrozen(first)).toBe(true)
  })

  test('F3 a range that ends with the memory ends with it, and one of nothing takes nothing', () => {
    const block = GuestRam.allocate(5 * PAGE).block('odd', 2 * PAGE + 10)
    markDirty(block, 0, block.size, VGA)
    const none = snapshotAndClearDirty(block, PAGE, 0, VGA)
    expect([none.length, [...none.ranges()], isDirty(block, 0, 0, VGA)]).toEqual([0, [], false])
    const snapshot = snapshotAndClearDirty(block, 2 * PAGE + 4, 1, VGA)
    expect([...snapshot.ranges()]).toEqual([{ offset: 2 * PAGE, length: 10 }])
    expect(snapshot.isDirty(2 * PAGE + 9, 1)).toBe(true)
  })

  test('F3 of a region of several blocks, pages are those of each block', () => {
    const ram = GuestRam.allocate(20 * PAGE)
    const region = MemoryRegion.ram('two', [ram.block('a', PAGE + 100), ram.block('b', 3 * PAGE)])
    region.setLog(VGA, true)
    const space = new AddressSpace('space', region)
    space.write(PAGE + 98, new Uint8Array(4))
    expect([...snapshotAndClearDirty(region, 0, region.size, VGA).ranges()]).toEqual([
      { offset: PAGE, length: 100 + PAGE },
    ])
    space.store8(PAGE + 100 + 2 * PAGE, 1)
    space.store8(0, 1)
    const snapshot = snapshotAndClearDirty(region, PAGE + 50, 2 * PAGE + 100, VGA)
    expect([snapshot.offset, snapshot.length]).toEqual([PAGE, 100 + 3 * PAGE])
    expect([...snapshot.ranges()]).toEqual([{ offset: PAGE + 100 + 2 * PAGE, length: PAGE }])
    expect(isDirty(region, 0, 1, VGA)).toBe(true)
  })

  test('F3 of memory at the end of 4 GiB', () => {
    const ram = GuestRam.wrap(new SharedArrayBuffer(2 ** 32))
    ram.block('low', 2 ** 32 - 4 * PAGE)
    const block = ram.block('high', 4 * PAGE)
    const region = MemoryRegion.ram('high', block)
    region.setLog(VGA, true)
    new AddressSpace('space', region).store32(4 * PAGE - 4, 1)
    expect(dirtyPages(block, VGA)).toEqual([3])
    markDirty(block, 0, 4 * PAGE, VGA)
    expect(dirtyPages(block, VGA)).toEqual([0, 1, 2, 3])
  })
})

// biome-ignore lint/suspicious/noExplicitAny: what is tested is what types would forbid
const bad = (value: unknown): any => value

describe('each refuses by name and value, and nothing is cleared', () => {
  const [ram, block] = blocks(4)
  const small = MemoryRegion.ram('small', block)
  small.setSize(PAGE + 1)
  const io = MemoryRegion.io('io', QUIET, 16)
  const calls: readonly [string, (memory: unknown, offset: unknown, length: unknown, client: unknown) => unknown][] = [
    ['isDirty', (m, o, l, c) => isDirty(bad(m), bad(o), bad(l), bad(c))],
    ['testAndClearDirty', (m, o, l, c) => testAndClearDirty(bad(m), bad(o), bad(l), bad(c))],
    ['snapshotAndClearDirty', (m, o, l, c) => snapshotAndClearDirty(bad(m), bad(o), bad(l), bad(c))],
    ['markDirty', (m, o, l, c) => markDirty(bad(m), bad(o), bad(l), bad(c))],
  ]
  describe.each(calls)('%s', (name, call) => {
    test.each<[string, ErrorConstructor, RegExp, readonly unknown[]]>([
      ['no memory', TypeError, /^memory .*got undefined$/, [undefined, 0, 1, 1]],
      ['a GuestRam', TypeError, /^memory .*got an object$/, [ram, 0, 1, 1]],
      ['a device', TypeError, /^memory .*"io" is io$/, [io, 0, 1, 1]],
      ['an alias', TypeError, /^memory .*"a" is alias$/, [MemoryRegion.alias('a', small, 0, 1), 0, 1, 1]],
      ['an offset below 0', RangeError, /^offset .*got -1$/, [block, -1, 1, 1]],
      ['a fraction', RangeError, /^offset .*got 0.5$/, [block, 0.5, 1, 1]],
      ['an offset past the end', RangeError, /^offset .*got 4098$/, [small, PAGE + 2, 0, 1]],
      ['an offset over 2^53', RangeError, /^offset .*got 18014398509481984$/, [block, 2 ** 54, 0, 1]],
      ['an offset of text', TypeError, /^offset .*got "0"$/, [block, '0', 1, 1]],
      ['a length of NaN', RangeError, /^length .*got NaN$/, [block, 0, Number.NaN, 1]],
      ['a length below 0', RangeError, /^length .*got -1$/, [block, 4, -1, 1]],
      ['a length past the end', RangeError, /^length .*got 4097$/, [small, 1, PAGE + 1, 1]],
      ['no client', name === 'markDirty' ? RangeError : TypeError, /^client.*got 0$/, [block, 0, 1, 0]],
      ['no such client', name === 'markDirty' ? RangeError : TypeError, /^client.*got 8$/, [block, 0, 1, 8]],
      ['a client of text', TypeError, /^client.*got "1"$/, [block, 0, 1, '1']],
    ])('%s', (_what, kind, text, [memory, offset, length, client]) => {
      testAndClearDirty(block, 0, block.size, MIGRATION)
      markDirty(block, 0, PAGE, VGA)
      expect(() => call(memory, offset, length, client)).toThrow(kind)
      expect(() => call(memory, offset, length, client)).toThrow(text)
      expect([isDirty(block, 0, PAGE, VGA), isDirty(block, 0, block.size, MIGRATION)]).toEqual([true, false])
    })
  })

  test('one client at a time, but for markDirty', () => {
    for (const [name, call] of calls.slice(0, 3)) expect(() => call(block, 0, 1, 3), name).toThrow(/^client .*got 3$/)
  })

  test('a snapshot, what it is not of', () => {
    const snapshot = snapshotAndClearDirty(block, PAGE, PAGE, VGA)
    expect(() => snapshot.isDirty(0, 1)).toThrow(/^offset .*4096 to 8192, got 0$/)
    expect(() => snapshot.isDirty(PAGE, PAGE + 1)).toThrow(/^length .*got 4097$/)
    expect(() => snapshot.isDirty(Number.NaN, 0)).toThrow(/^offset .*got NaN$/)
  })

  test('codeWrites, what is no block', () => {
    expect(() => codeWrites(bad(small))).toThrow(/^block must be a RamBlock, got an object$/)
  })

  test('a handle without its bitmaps', () => {
    const { handle } = ram
    for (const dirty of [undefined, new ArrayBuffer(4096), new SharedArrayBuffer(4)])
      expect(() => GuestRam.attach(bad({ ...handle, dirty }))).toThrow(/^handle must be a GuestRam's handle/)
    expect(() => GuestRam.attach(bad({ ...handle, bytes: Number.NaN }))).toThrow(/^handle/)
    expect(GuestRam.attach(structuredClone(handle)).bytes).toBe(ram.bytes)
  })
})
