import fc from 'fast-check'
import {
  AddressSpace,
  codeWrites,
  DirtyClient,
  GuestRam,
  isDirty,
  MemoryRegion,
  MemoryRegionCache,
  MemTxAttrs,
  MemTxResult,
  markDirty,
  type RamBlock,
  ramCopy,
  ramFill,
  ramMove,
  readl,
  resizableRam,
  resizeRam,
  ScatterGatherList,
  SparseRam,
  snapshotAndClearDirty,
  testAndClearDirty,
  writel,
} from 'guestmem'
import { describe, expect, test } from 'vitest'
import { LONG, runs } from '../support/campaign.ts'
import { later } from '../support/later.ts'

const PAGE = 4096
const MIB = 2 ** 20
const KINDS: [string, { shared: boolean }][] = [
  ['shared', { shared: true }],
  ['private', { shared: false }],
]

describe.each(KINDS)('a block of %s guest RAM', (_kind, options) => {
  test('that is freed gives its pages to others, zeroed', () => {
    const ram = GuestRam.allocate(16 * PAGE, options)
    const blocks = [3, 4, 5].map(pages => ram.block(`${pages}`, pages * PAGE - 1)) as [RamBlock, RamBlock, RamBlock]
    for (const block of blocks) block.view().fill(0xaa)
    blocks[1].free()
    expect(ram.blocks.map(({ name }) => name)).toEqual(['3', '5'])
    const again = ram.block('again', 4 * PAGE)
    expect(again.offset).toBe(3 * PAGE)
    expect(again.view().every(byte => byte === 0)).toBe(true)
    expect(blocks[0].view().every(byte => byte === 0xaa)).toBe(true)
  })

  test('a DIMM that comes and goes 2,000 times takes no more than one', () => {
    const ram = GuestRam.allocate(16 * MIB, options)
    const root = MemoryRegion.container('root', 2 ** 32)
    const space = new AddressSpace('space', root)
    for (let i = 0; i < 2000; i++) {
      const dimm = ram.block(`dimm ${i}`, MIB)
      const region = MemoryRegion.ram('dimm', dimm)
      root.addSubregion(i * PAGE, region)
      expect(space.load32(i * PAGE + 64)).toBe(0)
      space.store32(i * PAGE + 64, i + 1)
      root.removeSubregion(region)
      dimm.free()
    }
    expect(ram.blocks).toEqual([])
  })

  test('blocks come and go at random: no two overlap, and what is free can be had', () => {
    const step = fc.oneof(fc.record({ cut: fc.integer({ min: 1, max: 5 * PAGE }) }), fc.record({ free: fc.nat(20) }))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50, ...LONG }), steps => {
        const ram = GuestRam.allocate(20 * PAGE, options)
        const held: RamBlock[] = []
        for (const each of steps) {
          if ('cut' in each) {
            const taken = new Array<boolean>(20).fill(false)
            for (const { offset, size } of held) taken.fill(true, offset / PAGE, Math.ceil((offset + size) / PAGE))
            const need = Math.ceil(each.cut / PAGE)
            const due = taken.findIndex(
              (_, page) => page + need <= 20 && !taken.slice(page, page + need).includes(true),
            )
            if (due < 0) expect(() => ram.block('b', each.cut)).toThrow(/^bytes must be at most/)
            else {
              const block = ram.block('b', each.cut)
              expect(block.offset).toBe(due * PAGE)
              expect(block.view().every(byte => byte === 0)).toBe(true)
              block.view().fill(0x77)
              held.push(block)
            }
          } else if (held.length > 0) held.splice(each.free % held.length, 1)[0]?.free()
        }
        for (const block of held) expect(block.view().every(byte => byte === 0x77)).toBe(true)
      }),
      runs(200),
    )
  })

  test('is not freed while somebody uses it, and not used once it is freed', () => {
    const ram = GuestRam.allocate(16 * PAGE, options)
    const block = ram.block('dimm', PAGE)
    const root = MemoryRegion.container('root', 2 ** 20)
    const space = new AddressSpace('space', root)
    const region = MemoryRegion.ram('region', block)
    const alias = MemoryRegion.alias('alias', region, 0, PAGE)
    const refused = /^block "dimm" is in use: a mapped region or a window shows it$/
    root.addSubregion(0, alias)
    expect(() => block.free()).toThrow(refused)
    root.removeSubregion(alias)
    const inner = MemoryRegion.container('inner', PAGE)
    inner.addSubregion(0, region)
    expect(() => block.free()).toThrow(refused)
    inner.removeSubregion(region)
    const own = new AddressSpace('own', region)
    expect(() => block.free()).toThrow(refused)
    own.destroy()
    root.addSubregion(0, region)
    const window = space.map(0, PAGE)
    const cache = new MemoryRegionCache(space, 0, PAGE)
    MemoryRegion.transaction(() => {
      root.removeSubregion(region)
      // The space shows it until the transaction ends.
      expect(() => block.free()).toThrow(refused)
      expect(space.load8(0)).toBe(0)
    })
    expect(() => block.free()).toThrow(refused)
    window?.unmap()
    block.free()
    const freed = /"dimm",? (which )?was freed$/
    const before = [space.view, root.subregions]
    for (const call of [
      () => block.free(),
      () => block.view(),
      () => MemoryRegion.ram('again', block),
      () => root.addSubregion(0, region),
      () => root.addSubregion(0, alias),
      () => new AddressSpace('space', region),
      () => readl(block, 0),
      () => ramCopy(ram.block('b', 8), 0, block, 0, 8),
      () => cache.load8(0),
      () => cache.read(0, new Uint8Array(1)),
    ])
      expect(call).toThrow(freed)
    expect([space.view, root.subregions]).toEqual(before)
    expect([region.container, alias.container]).toEqual([undefined, undefined])
  })
})

describe('discard', () => {
  test.each(KINDS)('zeroes what it is asked to, no byte around it, and marks it (%s)', (_kind, options) => {
    fc.assert(
      fc.property(fc.nat(9000), fc.nat(9000), fc.boolean(), (offset, bytes, stored) => {
        const ram = GuestRam.allocate(5 * PAGE, options)
        const block = ram.block('b', 5 * PAGE)
        MemoryRegion.ram('region', block).setLog(DirtyClient.MIGRATION, true)
        if (stored) block.view().fill(1)
        ram.discard(offset, bytes)
        const due = new Uint8Array(5 * PAGE).fill(stored ? 1 : 0).fill(0, offset, offset + bytes)
        expect(Buffer.compare(block.view(), due)).toBe(0)
        expect(isDirty(block, 0, 5 * PAGE, DirtyClient.MIGRATION)).toBe(stored && bytes > 0)
      }),
      runs(100),
    )
  })

  test('refuses what is not in it', () => {
    const ram = GuestRam.wrap(new ArrayBuffer(100), { offset: 10, bytes: 50 })
    expect(() => ram.discard(9, 1)).toThrow(/^offset .*from 10 to 60, got 9$/)
    expect(() => ram.discard(20, 41)).toThrow(/^bytes .*from 0 to 40, got 41$/)
  })
})

describe('release', () => {
  test.each(KINDS)('of %s guest RAM: nothing can be done with it any more', (_kind, options) => {
    const ram = GuestRam.allocate(4 * PAGE, options)
    const block = ram.block('b', PAGE)
    const region = MemoryRegion.ram('region', block)
    const space = new AddressSpace('space', region)
    expect(() => ram.release()).toThrow(/^block "b" is in use/)
    expect(space.load8(0)).toBe(0)
    space.destroy()
    ram.release()
    for (const call of [
      () => ram.block('more', 1),
      () => ram.buffer,
      () => ram.release(),
      () => block.view(),
      () => new AddressSpace('space', region),
    ])
      expect(call).toThrow(TypeError)
  })

  test('by `using`, where the engine has the symbol', () => {
    const { dispose } = Symbol as { dispose?: symbol }
    const ram = GuestRam.allocate(8) as unknown as Record<symbol, () => void>
    if (dispose !== undefined) expect(ram[dispose]).toBe(GuestRam.prototype.release)
    else expect(Object.getOwnPropertySymbols(GuestRam.prototype)).toEqual([])
  })

  test('shared memory is used again, zeroed; not where another thread may have it', () => {
    const one = GuestRam.allocate(3 * MIB + 5, { shared: true })
    one.block('b', MIB).view().fill(7)
    new Uint8Array(one.buffer).fill(9, 2 * MIB)
    const { buffer } = one
    one.release()
    const two = GuestRam.allocate(3 * MIB + 9, { shared: true })
    expect(two.buffer).toBe(buffer)
    expect(
      two
        .block('b', 3 * MIB + 9)
        .view()
        .every(byte => byte === 0),
    ).toBe(true)
    expect(two.handle.buffer).toBe(buffer)
    two.release()
    expect(GuestRam.allocate(3 * MIB, { shared: true }).buffer).not.toBe(buffer)
  })

  test.each(KINDS)(
    '20 machines of 64 MiB, one after the other, take the memory of a few (%s)',
    async (_kind, options) => {
      const before = process.memoryUsage().rss
      for (let i = 0; i < 20; i++) {
        const ram = GuestRam.allocate(64 * MIB, options)
        const block = ram.block('ram', 64 * MIB)
        for (let at = 0; at < 64 * MIB; at += PAGE) block.view(at, 1)[0] = 1
        ram.release()
        // Arrays that were given up are collected between jobs.
        await later(0)
      }
      expect(process.memoryUsage().rss - before).toBeLessThan(600 * MIB)
    },
  )

  test('what was wrapped stays as it is', () => {
    const bytes = new Uint8Array(PAGE).fill(5)
    const ram = GuestRam.wrap(bytes)
    ram.release()
    expect(bytes.every(byte => byte === 5)).toBe(true)
    expect(GuestRam.wrap(bytes).block('b', PAGE).size).toBe(PAGE)
  })
})

describe.each(KINDS)('%s memory that is hot-unplugged, and freed, by a handler', (_kind, options) => {
  /** A device, then a DIMM behind it, from address 16 on; `unplug` gives the DIMM's pages to another block. */
  function board(hook: 'read' | 'write' | undefined) {
    const ram = GuestRam.allocate(16 * PAGE, options)
    const dimm = ram.block('dimm', PAGE)
    dimm.view().fill(0x11)
    const region = MemoryRegion.ram('dimm', dimm)
    const root = MemoryRegion.container('root', 2 ** 32)
    let other: RamBlock | undefined
    const unplug = (): RamBlock => {
      if (other === undefined) {
        root.removeSubregion(region)
        dimm.free()
        other = ram.block('other', PAGE)
        expect(other.offset).toBe(dimm.offset)
        other.view().fill(0x22)
      }
      return other
    }
    const ops = {
      read: () => (hook === 'read' ? unplug().size : 0),
      write: () => void (hook === 'write' && unplug()),
    }
    root.addSubregion(0, MemoryRegion.io('slot', ops, 16))
    root.addSubregion(16, region)
    const ahead = MemoryRegion.ram('ahead', ram.block('ahead', PAGE))
    root.addSubregion(2 ** 20, ahead)
    return { unplug, space: new AddressSpace('space', root) }
  }
  const untouched = (block: RamBlock): void => expect([...new Set(block.view())]).toEqual([0x22])

  test.each<[string, 'read' | 'write', (space: AddressSpace) => unknown]>([
    ['a write', 'write', space => space.write(0, new Uint8Array(64).fill(0xaa))],
    ['a relaxed write', 'write', space => space.write(0, new Uint8Array(64), MemTxAttrs.RELAXED)],
    ['a fill', 'write', space => space.fill(8, 0xaa, 600)],
    ['a copy to there', 'write', space => space.copy(0, space, 2 ** 20, 64)],
    ['a copy from there', 'read', space => space.copy(2 ** 20, space, 0, 64)],
    ['a list', 'write', space => new ScatterGatherList().add(space, 0, 64).write(0, new Uint8Array(64)) || 2],
  ])('%s that is under way leaves alone what has its pages now', (_what, hook, request) => {
    const { space, unplug } = board(hook)
    expect(request(space)).toBe(MemTxResult.DECODE_ERROR)
    untouched(unplug())
    expect(space.load8(16)).toBe(0)
  })

  test('a read that is under way gives zeros for it', () => {
    const { space } = board('read')
    const bytes = new Uint8Array(40).fill(0xcc)
    expect(space.read(12, bytes)).toBe(MemTxResult.DECODE_ERROR)
    expect([...new Set(bytes.subarray(4))]).toEqual([0])
  })

  test('a bounce buffer that was lent before is not written back there', () => {
    const { space, unplug } = board(undefined)
    const window = space.map(0, 64, { write: true })
    expect(window?.direct).toBe(false)
    window?.bytes.fill(0xaa)
    const other = unplug()
    expect(window?.unmap()).toBe(MemTxResult.DECODE_ERROR)
    untouched(other)
  })
})

describe('sparse RAM', () => {
  test('64 hot-plugs take what one takes', () => {
    const sparse = new SparseRam({ memoryBytes: 8 * MIB })
    const root = MemoryRegion.container('root', 2 ** 32)
    const space = new AddressSpace('space', root)
    const kept = sparse.blocks('kept', MIB)[0] as RamBlock
    kept.view()[0] = 1
    let most = 0
    for (let i = 0; i < 64; i++) {
      const blocks = sparse.blocks('dimm', 5 * MIB)
      const region = MemoryRegion.ram('dimm', blocks)
      root.addSubregion(0, region)
      expect(space.load32(4 * MIB)).toBe(0)
      space.store32(4 * MIB, i + 1)
      root.removeSubregion(region)
      for (const block of blocks) block.free()
      if (i === 1) most = sparse.allocatedBytes
      if (i > 1) expect(sparse.allocatedBytes).toBe(most)
    }
    expect(kept.view()[0]).toBe(1)
  })
})

describe('grow', () => {
  test('of a private WebAssembly.Memory: more blocks can be cut', () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 3 })
    const ram = GuestRam.wrap(memory, { offset: PAGE })
    const block = ram.block('first', 15 * PAGE)
    const space = new AddressSpace('space', MemoryRegion.ram('ram', block))
    space.store32(8, 0x1234_5678)
    expect(() => ram.block('second', 1)).toThrow(RangeError)
    ram.grow(31 * PAGE)
    expect([ram.bytes, memory.buffer.byteLength]).toEqual([31 * PAGE, 131_072])
    const second = ram.block('second', 16 * PAGE)
    expect(second.offset).toBe(65_536)
    expect(space.load32(8)).toBe(0x1234_5678)
    ram.grow(31 * PAGE)
    expect(() => ram.grow(60 * PAGE)).toThrow(/^bytes must be what the memory can grow to, got 245760$/)
    expect(() => ram.grow(30 * PAGE)).toThrow(/^bytes must be an integer from 126976 /)
    expect(ram.bytes).toBe(31 * PAGE)
    expect(() => GuestRam.allocate(PAGE).grow(2 * PAGE)).toThrow(
      /^only guest RAM in a private WebAssembly\.Memory can grow$/,
    )
  })

  test.each([0, PAGE])(
    'is refused where the buffer was wrapped before its memory, which tables of its length serve: %i',
    offset => {
      const memory = new WebAssembly.Memory({ initial: 2, maximum: 100 })
      const first = GuestRam.wrap(memory.buffer, { bytes: PAGE }).block('first', PAGE)
      const ram = GuestRam.wrap(memory, { offset })
      const block = ram.block('ram', 20 * PAGE)
      expect(block.offset).toBe(PAGE)
      expect(() => ram.grow(100 * 65_536 - offset)).toThrow(/^bytes must be what the memory can grow to, got /)
      expect([ram.bytes, memory.buffer.byteLength, first.view().length]).toEqual([131_072 - offset, 131_072, PAGE])
      const space = new AddressSpace('space', MemoryRegion.ram('ram', block))
      memory.grow(1)
      space.store32(8, 5)
      expect([space.load32(8), new DataView(memory.buffer).getUint32(PAGE + 8, true)]).toEqual([5, 5])
      expect(() => ram.block('too much', 20 * PAGE)).toThrow(/^bytes must be at most the /)
    },
  )
})

describe('a block that was freed is none, whatever was done with it before', () => {
  const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)
  const uses: Record<string, (freed: RamBlock, other: RamBlock, region: MemoryRegion) => unknown> = {
    'ramCopy to it': (freed, other) => ramCopy(freed, 0, other, 0, 8),
    'ramCopy from it': (freed, other) => ramCopy(other, 0, freed, 0, 8),
    'ramCopy of an array': freed => ramCopy(freed, 0, bytes, 0, 8),
    'ramCopy to an array': freed => ramCopy(bytes.slice(), 0, freed, 0, 8),
    'ramMove to it': (freed, other) => ramMove(freed, 0, other, 0, 8),
    'ramMove from it': (freed, other) => ramMove(other, 0, freed, 0, 8),
    'ramMove of an array': freed => ramMove(freed, 0, bytes, 0, 8),
    ramFill: freed => ramFill(freed, 0, 1, 8),
    writel: freed => writel(freed, 0, 1),
    readl: freed => readl(freed, 0),
    view: freed => freed.view(),
    markDirty: freed => markDirty(freed, 0, 8, DirtyClient.VGA),
    isDirty: freed => isDirty(freed, 0, 8, DirtyClient.VGA),
    snapshotAndClearDirty: freed => snapshotAndClearDirty(freed, 0, 8, DirtyClient.VGA),
    testAndClearDirty: freed => testAndClearDirty(freed, 0, 8, DirtyClient.VGA),
    codeWrites: freed => codeWrites(freed),
    'markDirty of its region': (_freed, _other, region) => markDirty(region, 0, 8, DirtyClient.VGA),
    'snapshotAndClearDirty of its region': (_freed, _other, region) =>
      snapshotAndClearDirty(region, 0, region.size, DirtyClient.VGA),
    'resizeRam of its region': (_freed, _other, region) => resizeRam(region, 2 * PAGE),
  }
  const bulks = Object.keys(uses).flatMap(use => KINDS.map(([kind, options]) => [use, kind, options] as const))

  test.each(bulks)('%s, of %s guest RAM', (name, _kind, options) => {
    const use = uses[name] as (typeof uses)[string]
    const ram = GuestRam.allocate(16 * PAGE, options)
    const [freed, other] = [ram.block('freed', 3 * PAGE), ram.block('other', PAGE)]
    const region = resizableRam('region', freed, PAGE)
    other.view().fill(0x11)
    // What is quick for who comes again must look as well.
    for (let i = 0; i < 3; i++) use(freed, other, i === 2 ? resizableRam('another', freed, PAGE) : region)
    freed.free()
    const next = ram.block('next', 3 * PAGE)
    expect(next.offset).toBe(freed.offset)
    markDirty(next, 0, 3 * PAGE, 7)
    const marks = codeWrites(next)
    const message = /must be a RamBlock.*"freed", which was freed|block "freed" was freed/
    expect(() => use(freed, other, region)).toThrow(message)
    expect(next.view().every(byte => byte === 0)).toBe(true)
    expect(codeWrites(next)).toBe(marks)
    for (let page = 0; page < 3; page++) expect(isDirty(next, page * PAGE, 1, DirtyClient.VGA)).toBe(true)
  })

  test.each(KINDS)('a window holds its block, a bounce buffer too, of %s guest RAM', (_kind, options) => {
    for (const directAccess of ['by-mapping', 'normal-only'] as const)
      for (const write of [false, true]) {
        const ram = GuestRam.allocate(4 * PAGE, options)
        const block = ram.block('block', PAGE)
        const root = MemoryRegion.container('root', PAGE)
        const region = MemoryRegion.ramDevice('region', block, { cacheMode: 'writecombine' })
        root.addSubregion(0, region)
        const lent = new AddressSpace('space', root, { directAccess }).map(8, 16, { write })
        expect(lent?.direct).toBe(directAccess === 'by-mapping')
        root.removeSubregion(region)
        expect(() => block.free()).toThrow('in use')
        lent?.unmap()
        block.free()
      }
  })
})
