import fc from 'fast-check'
import {
  AddressSpace,
  DirtyClient,
  GuestRam,
  isDirty,
  MemoryRegion,
  MemoryRegionCache,
  MemTxResult,
  type RamBlock,
  ramCopy,
  ramFill,
  ramMove,
  readl,
  ScatterGatherList,
  writel,
} from 'guestmem'
import { describe, expect, test } from 'vitest'
import { LONG, runs } from '../support/campaign.ts'

const PAGE = 4096
// biome-ignore lint/suspicious/noExplicitAny: what is tested is what types would forbid
const bad = (value: unknown): any => value
const wasm = (pages: number, shared = false) =>
  new WebAssembly.Memory({ initial: pages, maximum: 64, ...(shared && { shared }) })

describe('what may be wrapped', () => {
  const sources: [string, () => Parameters<typeof GuestRam.wrap>[0], boolean][] = [
    ['a WebAssembly.Memory', () => wasm(1), false],
    ['a shared WebAssembly.Memory', () => wasm(1, true), true],
    ['an ArrayBuffer', () => new ArrayBuffer(65536), false],
    ['a SharedArrayBuffer', () => new SharedArrayBuffer(65536), true],
    ['an array', () => new Uint8Array(65536), false],
    ['a shared array of words', () => new Int32Array(new SharedArrayBuffer(65536)), true],
    ['a DataView', () => new DataView(new ArrayBuffer(65536)), false],
  ]

  test.each(sources)('%s, and any part of it', (_what, make, shared) => {
    const source = make()
    const whole = GuestRam.wrap(source)
    expect([whole.bytes, whole.offset, whole.shared]).toEqual([65536, 0, shared])
    const part = GuestRam.wrap(make(), { offset: 8192, bytes: 20_000 })
    expect([part.bytes, part.offset]).toEqual([20_000, 8192])
    const block = part.block('ram', 20_000)
    expect([block.offset, block.size]).toEqual([8192, 20_000])
    const space = new AddressSpace('space', MemoryRegion.ram('ram', block))
    space.store32(19_996, 0x1234_5678)
    expect(new DataView(part.buffer).getUint32(8192 + 19_996, true)).toBe(0x1234_5678)
    expect(() => part.block('more', 1)).toThrow(/^bytes must be at most the 0 that are left/)
  })

  test('of an array, its own part of the buffer', () => {
    const buffer = new ArrayBuffer(3 * PAGE)
    const ram = GuestRam.wrap(new Uint8Array(buffer, 100, 5000), { offset: 10 })
    expect([ram.offset, ram.bytes]).toEqual([110, 4990])
    const block = ram.block('all', 4990)
    expect(block.offset).toBe(110)
    writel(block, 4986, 0xabcd_ef01)
    expect(new DataView(buffer).getUint32(110 + 4986, true)).toBe(0xabcd_ef01)
  })

  test.each([false, true])(
    'kernels reach a WebAssembly.Memory at any offset (shared %s), script a bare buffer',
    shared => {
      const memory = wasm(2, shared)
      expect(GuestRam.wrap(memory, { offset: 12_345 }).lane.name).toBe(shared ? 'wasm' : 'engine')
      expect(GuestRam.wrap(memory.buffer, { memory }).lane.name).toBe(shared ? 'wasm' : 'engine')
      const bare = shared ? new SharedArrayBuffer(PAGE) : new ArrayBuffer(PAGE)
      expect(GuestRam.wrap(bare).lane.name).toBe(shared ? 'script' : 'engine')
    },
  )

  test('a copy at any offset stores what it should, and nothing around it', () => {
    const place = fc.nat(9000)
    fc.assert(
      fc.property(fc.boolean(), fc.nat(3000), place, place, fc.nat(5000), (shared, offset, dst, src, length) => {
        const memory = wasm(1, shared)
        const all = new Uint8Array(memory.buffer)
        for (let i = 0; i < all.length; i++) all[i] = Math.imul(i, 2_654_435_761) >>> 24
        const ram = GuestRam.wrap(memory, { offset, bytes: 20_000 })
        const space = new AddressSpace('space', MemoryRegion.ram('ram', ram.block('ram', 15_000)))
        const due = all.slice()
        const base = ram.blocks[0]?.offset as number
        const size = Math.min(length, 15_000 - dst, 15_000 - src)
        due.copyWithin(base + dst, base + src, base + src + size)
        expect(space.copy(dst, space, src, size)).toBe(MemTxResult.OK)
        const own = new Uint8Array(size)
        space.read(dst, own)
        expect(own).toEqual(due.slice(base + dst, base + dst + size))
        due.set(own, base + src)
        space.write(src, own)
        due.fill(0x5a, base + dst, base + dst + size)
        space.fill(dst, 0x5a, size)
        expect(Buffer.compare(due, all)).toBe(0)
      }),
      runs(300),
    )
  })

  test.each<[string, RegExp, () => unknown]>([
    [
      'an offset at the end',
      /^options\.offset .*from 0 to 7, got 8$/,
      () => GuestRam.wrap(new ArrayBuffer(8), { offset: 8 }),
    ],
    [
      'more bytes than there are',
      /^options\.bytes .*from 1 to 5, got 6$/,
      () => GuestRam.wrap(new ArrayBuffer(8), { offset: 3, bytes: 6 }),
    ],
    ['no bytes', /^buffer\.byteLength .*got 0$/, () => GuestRam.wrap(new ArrayBuffer(0))],
    [
      "another's memory",
      /^options\.memory must be the one/,
      () => GuestRam.wrap(new ArrayBuffer(8), { memory: wasm(1) }),
    ],
    [
      'what is no memory',
      /^options\.memory must be a WebAssembly/,
      () => GuestRam.wrap(new ArrayBuffer(8), { memory: bad({}) }),
    ],
    [
      'a wish that is not so',
      /^options\.shared is true, but the memory is private$/,
      () => GuestRam.wrap(new ArrayBuffer(8), { shared: true }),
    ],
    ['kernels of what they do not serve', /^options\.lane is "wasm"/, () => GuestRam.wrap(wasm(1), { lane: 'wasm' })],
  ])('refuses %s', (_what, text, call) => {
    expect(call).toThrow(text)
  })
})

describe('two that wrap the same bytes', () => {
  test.each([false, true])('never cut a block on the same page, and mark the same pages (shared %s)', shared => {
    const memory = wasm(1, shared)
    const [one, other] = [GuestRam.wrap(memory), GuestRam.wrap(memory.buffer, { memory, offset: PAGE })]
    const third = GuestRam.wrap(new Uint8Array(memory.buffer, 2 * PAGE))
    const blocks = [one, other, third, one].map((ram, i) => ram.block(`${i}`, 5000))
    const starts = blocks.map(({ offset }) => offset)
    expect(new Set(starts).size).toBe(4)
    expect(starts).toEqual([...starts].sort((a, b) => a - b))
    expect(() => other.block('here', 1, { offset: starts[0] as number })).toThrow(RangeError)
    // Logged through one, stored to through another.
    const [first, , , last] = blocks as [RamBlock, RamBlock, RamBlock, RamBlock]
    MemoryRegion.ram('ram', last).setLog(DirtyClient.VGA, true)
    const there = GuestRam.wrap(memory)
    ramCopy(there.block('more', 64), 0, first, 0, 64)
    new AddressSpace('space', MemoryRegion.ram('ram', last)).store8(4999, 1)
    expect(isDirty(last, 0, PAGE, DirtyClient.VGA)).toBe(false)
    expect(isDirty(last, PAGE, 100, DirtyClient.VGA)).toBe(false)
    MemoryRegion.ram('ram', first).setLog(DirtyClient.CODE, true)
    writel(first, 4, 1)
    expect(isDirty(first, 0, 8, DirtyClient.CODE)).toBe(true)
  })

  test('of two arrays in one page of 4096 bytes the second has no block, and the error says why', () => {
    const buffer = new ArrayBuffer(3 * PAGE)
    GuestRam.wrap(new Uint8Array(buffer, 0, 100)).block('first', 100)
    const second = GuestRam.wrap(new Uint8Array(buffer, 200, 100))
    expect(() => second.block('second', 100)).toThrow(
      /^bytes .* the 0 that are left .*pages of 4096 bytes are in blocks of other guest RAMs.*got 100$/,
    )
    expect(second.blocks).toEqual([])
    const third = GuestRam.wrap(new Uint8Array(buffer, PAGE + 200, 100)).block('third', 100)
    expect([third.offset, third.size]).toEqual([PAGE + 200, 100])
  })

  test('where a block goes may be said', () => {
    const ram = GuestRam.wrap(new ArrayBuffer(10 * PAGE), { offset: PAGE + 8 })
    expect(ram.block('b', 100, { offset: 3 * PAGE + 8 }).offset).toBe(3 * PAGE + 8)
    expect(ram.block('first', 100, { offset: PAGE + 8 }).offset).toBe(PAGE + 8)
    expect(ram.block('next', 4088).offset).toBe(2 * PAGE + 8)
    expect(() => ram.block('b', 2 * PAGE, { offset: 8 * PAGE + 8 })).toThrow(
      /^options\.offset must be .*8192 bytes are free/,
    )
    expect(() => ram.block('b', 1, { offset: 4 * PAGE })).toThrow(/^options\.offset must be whole pages of 4096 on/)
    expect(() => ram.block('b', 1, { offset: PAGE })).toThrow(/^options\.offset .*from 4104 /)
    expect(() => ram.block('b', 1, bad({ at: 0 }))).toThrow(/^options must have keys among offset/)
  })
})

describe('a private memory that grows', () => {
  function board() {
    const memory = wasm(2)
    const ram = GuestRam.wrap(memory, { offset: PAGE })
    const [main, second] = [ram.block('main', 8 * PAGE), ram.block('second', PAGE)]
    const root = MemoryRegion.container('root', 2 ** 32)
    const region = MemoryRegion.ram('main', main)
    root.addSubregion(0x1000, region)
    root.addSubregion(0x10_0000, MemoryRegion.rom('rom', second))
    root.addSubregion(0x20_0000, MemoryRegion.ramDevice('device', ram.block('device', PAGE)))
    const space = new AddressSpace('space', root)
    return { memory, ram, main, second, region, space }
  }
  /** The bytes as they are now, whichever buffer they are in. */
  const byteOf = (memory: WebAssembly.Memory, at: number) => new Uint8Array(memory.buffer)[at]

  test('every way to the bytes works on, without being told', () => {
    const { memory, ram, main, second, region, space } = board()
    region.setLog(DirtyClient.MIGRATION, true)
    const cache = new MemoryRegionCache(space, 0x1000, PAGE, { write: true })
    const list = new ScatterGatherList().add(space, 0x1800, 64)
    const window = space.map(0x2000, PAGE, { write: true })
    const ways: [string, (value: number) => unknown][] = [
      ['load8', value => space.store8(0x1005, value)],
      ['load16', value => space.store16(0x1006, value)],
      ['store32', value => space.store32(0x1008, value)],
      ['unaligned', value => space.store32(0x1c01, value)],
      ['store64', value => space.store64(0x1010, BigInt(value))],
      ['store64Pair', value => space.store64Pair(0x1018, value, value)],
      ['a device', value => space.store32(0x20_0004, value)],
      ['write', value => space.write(0x1020, Uint8Array.of(value))],
      ['a long write', value => space.write(0x1021, new Uint8Array(3000).fill(value))],
      ['fill', value => space.fill(0x3000, value, 100)],
      ['copy', () => space.copy(0x3100, space, 0x3000, 100)],
      ['writeRom', value => space.writeRom(0x10_0000, Uint8Array.of(value))],
      ['a cache', value => cache.store32(4, value)],
      ['a list', value => list.write(0, Uint8Array.of(value))],
      ['a window', value => window?.bytes.set([value], 7)],
      ['writel', value => writel(main, 200, value)],
      ['a view', value => second.view().set([value], 9)],
      ['ramFill', value => ramFill(main, 5 * PAGE, value, 20)],
      ['ramCopy', () => ramCopy(main, 6 * PAGE, main, 5 * PAGE, 20)],
      ['ramMove', () => ramMove(second, 100, main, 5 * PAGE, 20)],
    ]
    const reads: (() => unknown)[] = [
      () => space.load8(0x1005),
      () => space.load16(0x1006),
      () => space.load32(0x1008),
      () => space.load32(0x1c01),
      () => space.load64(0x1010),
      () => [space.load64Pair(0x1018), space.high],
      () => space.load32(0x20_0004),
      () => [space.read(0x1020, bytes), bytes[0]],
      () => [space.read(0x3100, bytes), bytes[0]],
      () => [space.read(0x10_0000, bytes), bytes[0]],
      () => cache.load32(4),
      () => window?.bytes[7],
      () => readl(main, 200),
      () => second.view()[9],
      () => main.view(5 * PAGE, 20)[3],
      () => second.view(100)[3],
      () => ram.buffer === (memory.buffer as unknown),
    ]
    const bytes = new Uint8Array(100)
    for (let round = 1; round < 30; round++) {
      for (const [i, [, way]] of ways.entries()) {
        // After each way the memory has grown: what is accessed next finds only detached views.
        for (let warm = 0; warm < 3; warm++) way(round)
        if ((i + round) % 3 === 0 && memory.buffer.byteLength < 60 * 65536) memory.grow(1)
      }
      for (const read of reads) {
        const due = read()
        if (memory.buffer.byteLength < 62 * 65536 && round % 7 === 0) memory.grow(1)
        expect(read()).toEqual(due)
      }
      expect(space.load32(0x1008)).toBe(round)
      expect(space.load32(0x1c01)).toBe(round)
      expect(space.load64(0x1010)).toBe(BigInt(round))
      expect(byteOf(memory, second.offset + 100)).toBe(round)
      expect(byteOf(memory, main.offset + 6 * PAGE + 19)).toBe(round)
    }
    expect(isDirty(main, 0, PAGE, DirtyClient.MIGRATION)).toBe(true)
  })

  test('what is stored right after it grew is not lost, by whichever way that was warm before', () => {
    const way = fc.constantFrom(1, 2, 4, 8)
    fc.assert(
      fc.property(
        fc.array(fc.tuple(way, fc.nat(4000), fc.boolean()), { minLength: 1, maxLength: 60, ...LONG }),
        steps => {
          const { memory, space, main } = board()
          const reference = new Uint8Array(main.size)
          const view = new DataView(reference.buffer)
          for (const [size, at, grows] of steps) {
            const value = at * 77 + size
            if (size === 1) space.store8(0x1000 + at, value & 0xff)
            else if (size === 2) space.store16(0x1000 + at, value & 0xffff)
            else if (size === 4) space.store32(0x1000 + at, value)
            else space.store64(0x1000 + at, BigInt(value))
            if (size === 1) view.setUint8(at, value)
            else if (size === 2) view.setUint16(at, value, true)
            else if (size === 4) view.setUint32(at, value, true)
            else view.setBigUint64(at, BigInt(value), true)
            if (grows && memory.buffer.byteLength < 60 * 65536) memory.grow(1)
            expect(space.load8(0x1000 + at)).toBe(reference[at])
          }
          expect(Buffer.compare(main.view(), reference)).toBe(0)
        },
      ),
      runs(300),
    )
  })

  test('an ArrayBuffer that was transferred is no memory any more, and says so', () => {
    const buffer = new ArrayBuffer(2 * PAGE)
    const block = GuestRam.wrap(buffer).block('ram', PAGE)
    const space = new AddressSpace('space', MemoryRegion.ram('ram', block))
    space.store8(0, 1)
    structuredClone(buffer, { transfer: [buffer] })
    for (const call of [() => space.load8(0), () => space.store32(4, 1), () => space.fill(0, 1, 9), () => block.view()])
      expect(call).toThrow(/^this guest RAM is no more: it was released, or its buffer detached$/)
  })
})
