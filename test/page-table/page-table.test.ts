import {
  AddressSpace,
  DirtyClient,
  GuestRam,
  hostProfile,
  isDirty,
  MemoryRegion,
  MemTxResult,
  registerMemoryListener,
  resizableRam,
  resizeRam,
  SparseRam,
  snapshotAndClearDirty,
  startGlobalDirtyLog,
  stopGlobalDirtyLog,
} from 'guestmem'
import {
  PAGE_DEVICE,
  PAGE_FLAGS,
  PAGE_READ,
  PAGE_READ_ANY,
  PAGE_READONLY,
  PAGE_SLOW,
  PAGE_WRITE,
  PAGE_WRITE_ANY,
  type PageTable,
  type PageTableOptions,
  pageTable,
  pageTableBytes,
  slowAccesses,
} from 'guestmem/page-table'
import { describe, expect, it, test } from 'vitest'
import { listenersOf } from '../../src/listener/registrations.ts'
import { cpuOf, entryInMemory } from './support/cpu.ts'

const raise = (text: string): never => {
  throw new Error(text)
}
const KIB = 1024
const MIB = 1024 * KIB
const PAGE = 4096
const RAM = 0x8000_0000
/** Behind the table of 4 MiB that begins with the memory. */
const RAM_AT = 5 * MIB

/** A board whose CPU is WebAssembly: its table ahead of its guest RAM, in one memory. */
function board(shared = false, options: Partial<PageTableOptions> = {}, order: 'host' | 'language' = 'host') {
  const memory = new WebAssembly.Memory({ initial: 96, maximum: 128, shared })
  const ram = GuestRam.wrap(memory, { offset: RAM_AT, bytes: 16 * PAGE, order })
  const block = ram.block('ram', 8 * PAGE)
  const region = MemoryRegion.ram('ram', block)
  const system = MemoryRegion.container('system', 2 ** 32)
  system.addSubregion(RAM, region)
  const space = new AddressSpace('cpu', system)
  const changed: [number, number][] = []
  const table = pageTable(space, {
    memory,
    offset: 0,
    onPagesChanged: (first, last) => changed.push([first, last]),
    ...options,
  })
  /** All but those of unaligned accesses. */
  const flagsAt = (address: number) => entryInMemory(table, address) & PAGE_FLAGS & ~ANY
  return { memory, ram, block, region, system, space, table, changed, flagsAt }
}

const page = (address: number) => Math.floor(address / PAGE)
const RW = PAGE_READ | PAGE_WRITE
const ANY = PAGE_READ_ANY | PAGE_WRITE_ANY

test('the header says what the docs say, in little-endian words', () => {
  const { memory, space, table } = board()
  const words = (at: number) =>
    Array.from({ length: 16 }, (_, i) => new DataView(memory.buffer).getUint32(at + 4 * i, true))
  const zeros = new Array<number>(7).fill(0)
  expect(words(0)).toEqual([0x5450_4d47, 1, 0, 12, 32, 64, 2 ** 20, 0, 1, ...zeros])
  expect(new TextDecoder().decode(new Uint8Array(memory.buffer, 0, 4))).toBe('GMPT')
  const big = new AddressSpace('big', space.root, { endian: 'big' })
  const offset = RAM_AT - MIB / 2
  pageTable(big, { memory, offset, addressBits: 48, slots: 256, pageSize: 65_536 })
  expect(words(offset)).toEqual([0x5450_4d47, 1, 3, 16, 48, offset + 64, 256, 8, 1, ...zeros])
  expect([table.layout, table.slots, table.entries, table.bytes]).toEqual(['flat', 0, 64, 4 * MIB + 64])
})

test('a table takes the bytes that it says', () => {
  expect(pageTableBytes()).toBe(4 * MIB + 64)
  expect(pageTableBytes({ addressBits: 16, pageSize: 256 })).toBe(4 * 256 + 64)
  expect(pageTableBytes({ addressBits: 33 })).toBe(16 * 16_384 + 64)
  expect(pageTableBytes({ addressBits: 53, slots: 16 })).toBe(16 * 16 + 64)
  expect(pageTableBytes({ addressBits: 8, pageSize: 65_536 })).toBe(4 + 64)
})

describe('an entry', () => {
  it('leads to the bytes of RAM, at both ends of the address space', () => {
    const { memory, block, region, space, table } = board()
    const cpu = cpuOf(table)
    for (const at of [RAM, 0, 2 ** 32 - 8 * PAGE]) {
      region.setAddress(at)
      const entry = entryInMemory(table, at)
      expect(entry & PAGE_FLAGS).toBe(RW | ANY)
      expect(((at + entry - (RW | ANY)) % 2 ** 32) >>> 0).toBe(block.offset)
      cpu.store(at + 8 * PAGE - 4, 4, 0xdead_beefn)
      expect(new DataView(memory.buffer).getUint32(block.offset + 8 * PAGE - 4, true)).toBe(0xdead_beef)
      expect(cpu.load(at + 8 * PAGE - 4, 4)).toBe(0xdead_beefn)
      expect(space.load32(at + 8 * PAGE - 4)).toBe(0xdead_beef)
      space.store32(at + 8 * PAGE - 4, 0)
    }
    expect(cpu.calls).toBe(0)
  })

  it('says what answers where no memory does, and is 0 where nothing is', () => {
    const { flagsAt, ram, system, block } = board()
    const add = (at: number, region: MemoryRegion) => system.addSubregion(at, region)
    const ops = { read: () => 0, write: () => {} }
    add(0x1000, MemoryRegion.io('io', ops, PAGE))
    add(0x2000, MemoryRegion.reservation('reservation', PAGE))
    add(0x3000, MemoryRegion.rom('rom', ram.block('rom', PAGE)))
    const flash = MemoryRegion.romDevice('flash', ops, ram.block('flash', PAGE))
    add(0x4000, flash)
    add(0x5000, MemoryRegion.ramDevice('bar', ram.block('bar', PAGE), { cacheMode: 'device' }))
    add(0x6000, MemoryRegion.ram('elsewhere', GuestRam.allocate(PAGE).block('elsewhere', PAGE)))
    const alias = MemoryRegion.alias('readonly', MemoryRegion.ram('same', block), PAGE, PAGE)
    alias.setReadonly(true)
    add(0x7000, alias)
    expect([...Array(9).keys()].map(index => flagsAt(index * PAGE))).toEqual([
      0,
      PAGE_DEVICE,
      PAGE_SLOW,
      PAGE_READ | PAGE_READONLY,
      PAGE_READ | PAGE_DEVICE,
      RW,
      PAGE_SLOW,
      PAGE_READ | PAGE_READONLY,
      0,
    ])
    flash.setRomdMode(false)
    expect(flagsAt(0x4000)).toBe(PAGE_DEVICE)
    alias.setReadonly(false)
    expect(flagsAt(0x7000)).toBe(RW)
  })

  it.each([
    [undefined, 'normal', PAGE_READ_ANY | PAGE_WRITE_ANY],
    ['weak', 'normal', PAGE_READ_ANY | PAGE_WRITE_ANY],
    // Atomic instructions trap where they are not aligned.
    ['language', 'normal', 0],
    [undefined, 'noncached', 0],
  ] as const)(
    'lets unaligned accesses of order %s be made in %s memory but for its last page',
    (order, cacheMode, any) => {
      const { table, ram, system, block } = board(false, { order })
      system.addSubregion(0, MemoryRegion.ram('other', ram.block('other', 3 * PAGE), { cacheMode }))
      const cpu = cpuOf(table)
      const flags = [0, 1, 2].map(index => entryInMemory(table, index * PAGE) & ANY)
      expect(flags).toEqual([any, any, 0])
      for (const at of [PAGE - 1, 2 * PAGE - 3, 3 * PAGE - 9]) {
        cpu.store(at, 4, 0x1122_3344n)
        expect(cpu.load(at, 4)).toBe(0x1122_3344n)
      }
      expect(cpu.calls).toBe(any === 0 ? 6 : 2)
      // Over the end it is what the space makes of it.
      expect([cpu.load(3 * PAGE - 2, 4), table.space.result]).toEqual([0n, MemTxResult.DECODE_ERROR])
      expect(block.size).toBe(8 * PAGE)
    },
  )

  it('lets no unaligned access be made in memory that refuses them', () => {
    const memory = new WebAssembly.Memory({ initial: 2, maximum: 2, shared: true })
    const host = hostProfile({ base: 'x86-64', access: { normal: { unaligned: false } } })
    const ram = GuestRam.wrap(memory, { offset: 4 * PAGE, unaligned: 'refuse', host })
    const space = new AddressSpace('cpu', MemoryRegion.ram('ram', ram.block('ram', 2 * PAGE)))
    const table = pageTable(space, { memory, offset: 0, addressBits: 16 })
    expect(entryInMemory(table, 0) & PAGE_FLAGS).toBe(RW)
  })

  it('is slow where a page is shared, or covered in part', () => {
    const { flagsAt, ram, system } = board()
    const odd = MemoryRegion.ram('odd', ram.block('odd', 2 * PAGE))
    system.addSubregion(0x1080, odd)
    // 0x80 bytes off: whole pages of the guest are whole in memory all the same, as 0x80 is a multiple of 128.
    expect([1, 2, 3].map(index => flagsAt(index * PAGE))).toEqual([PAGE_SLOW, RW, PAGE_SLOW])
    system.addSubregion(0x3080, MemoryRegion.io('io', { read: () => 0, write: () => {} }, 0xf80))
    expect(flagsAt(0x3000)).toBe(PAGE_SLOW)
    odd.setAddress(0x1040)
    expect([1, 2, 3].map(index => flagsAt(index * PAGE))).toEqual([PAGE_SLOW, PAGE_SLOW, PAGE_SLOW])
  })

  it('leads to sparse RAM in no case, and allocates none', () => {
    const { flagsAt, system } = board()
    const sparse = new SparseRam()
    system.addSubregion(0, MemoryRegion.ram('sparse', sparse.blocks('sparse', 2 ** 30)))
    expect(flagsAt(0)).toBe(PAGE_SLOW)
    expect(sparse.allocatedBytes).toBe(0)
    // Nor has it settled how large the sparse RAM is.
    expect(sparse.blocks('more', PAGE)[0]?.offset).toBe(2 ** 30)
  })

  it.each([
    [false, 'language', undefined, RW],
    [true, 'host', undefined, RW],
    [true, 'language', undefined, PAGE_SLOW],
    [true, 'language', 'host', PAGE_SLOW],
    [true, 'language', 'language', RW],
    [true, 'language', 'weak', RW],
  ] as const)('of memory, shared: %s, of %s order, for a CPU of %s order has flags %i', (shared, own, cpu, flags) => {
    expect(board(shared, { order: cpu }, own).flagsAt(RAM)).toBe(flags)
  })

  it('leads to RAM that another thread sent, in the memory of its handle', () => {
    const there = GuestRam.attach(GuestRam.allocate(8 * MIB).handle)
    const block = there.block('ram', PAGE)
    const space = new AddressSpace('cpu', MemoryRegion.ram('ram', block))
    const memory = there.handle.memory as WebAssembly.Memory
    const table = pageTable(space, { memory, offset: MIB })
    expect(entryInMemory(table, 0)).toBe(block.offset + RW)
  })
})

describe('entries have changed when what changed them returns:', () => {
  it('a ROM device that leaves its romd mode in a store', () => {
    const { table, system, ram, flagsAt } = board()
    const ops = { read: () => 0x55, write: (_: number, value: number) => flash.setRomdMode(value === 0) }
    const flash: MemoryRegion = MemoryRegion.romDevice('flash', ops, ram.block('flash', PAGE))
    system.addSubregion(0, flash)
    const cpu = cpuOf(table)
    expect(cpu.load(0, 1)).toBe(0n)
    cpu.store(0, 1, 1n)
    expect(flagsAt(0)).toBe(PAGE_DEVICE)
    expect(cpu.load(0, 1)).toBe(0x55n)
    cpu.store(0, 1, 0n)
    expect(cpu.load(0, 1)).toBe(0n)
    expect(cpu.calls).toBe(3)
  })

  it('resizable RAM', () => {
    const { ram, system, flagsAt } = board()
    const region = resizableRam('resizable', ram.block('resizable', 4 * PAGE), PAGE)
    system.addSubregion(0, region)
    const flags = () => [0, 1, 2, 3].map(index => flagsAt(index * PAGE))
    expect(flags()).toEqual([RW, 0, 0, 0])
    resizeRam(region, 3 * PAGE)
    expect(flags()).toEqual([RW, RW, RW, 0])
    resizeRam(region, PAGE + 16)
    expect(flags()).toEqual([RW, PAGE_SLOW, 0, 0])
  })

  it.each([[DirtyClient.VGA], [DirtyClient.CODE], [DirtyClient.MIGRATION]])('a log of client %i', client => {
    const { block, region, space, table, flagsAt } = board()
    const cpu = cpuOf(table)
    region.setLog(client, true)
    expect(flagsAt(RAM)).toBe(PAGE_READ)
    cpu.store(RAM + PAGE, 4, 1n)
    expect(isDirty(block, PAGE, 1, client)).toBe(true)
    // A page stays slow to store to until the log ends: no store that comes after a harvest is lost, of whatever it is.
    for (const memory of [region, block]) {
      snapshotAndClearDirty(memory, 0, memory.size, client)
      cpu.store(RAM + PAGE, 4, 2n)
      expect(isDirty(block, PAGE, 1, client)).toBe(true)
    }
    expect(cpu.calls).toBe(3)
    region.setLog(client, false)
    expect(flagsAt(RAM)).toBe(RW)
    expect(space.load32(RAM + PAGE)).toBe(2)
  })

  it('logs that are turned on within a transaction, which count at once', () => {
    const { block, region, table, flagsAt, changed } = board()
    const cpu = cpuOf(table)
    MemoryRegion.transaction(() => {
      region.setLog(DirtyClient.VGA, true)
      cpu.store(RAM, 1, 1n)
      expect(isDirty(block, 0, 1, DirtyClient.VGA)).toBe(true)
      expect(changed).toEqual([[page(RAM), page(RAM) + 7]])
      region.setLog(DirtyClient.VGA, false)
      expect(flagsAt(RAM)).toBe(RW)
    })
    MemoryRegion.transaction(() => {
      startGlobalDirtyLog()
      cpu.store(RAM + PAGE, 1, 1n)
      expect(isDirty(block, PAGE, 1, DirtyClient.MIGRATION)).toBe(true)
      stopGlobalDirtyLog()
    })
    expect(flagsAt(RAM)).toBe(RW)
  })

  it('a log that another thread keeps of all memory, when this one is told', () => {
    const { block, table, flagsAt, changed } = board(true)
    block.ram.dirty.logAll(true)
    table.refresh()
    expect(flagsAt(RAM)).toBe(PAGE_READ)
    cpuOf(table).store(RAM, 4, 1n)
    expect(isDirty(block, 0, 1, DirtyClient.MIGRATION)).toBe(true)
    block.ram.dirty.logAll(false)
    table.refresh()
    expect(flagsAt(RAM)).toBe(RW)
    expect(changed).toEqual([
      [page(RAM), page(RAM) + 7],
      [page(RAM), page(RAM) + 7],
    ])
  })

  it("all of a transaction, ahead of other listeners' commit", () => {
    const { region, space, flagsAt, changed } = board()
    const seen: number[][] = []
    const look = () => seen.push([flagsAt(RAM), flagsAt(0), changed.length])
    registerMemoryListener(space, { commit: look, regionDel: look }, { priority: -(2 ** 31) })
    seen.length = 0
    MemoryRegion.transaction(() => {
      region.setAddress(0)
      expect([flagsAt(RAM), flagsAt(0)]).toEqual([RW, 0])
    })
    expect(seen).toEqual([
      [RW, 0, 0],
      [0, RW, 2],
    ])
  })

  it('a map that was changed by an onPagesChanged', () => {
    const { space, system, memory, ram } = board()
    const late = MemoryRegion.ram('late', ram.block('late', PAGE))
    const table: PageTable = pageTable(space, {
      memory,
      offset: RAM_AT - MIB / 2,
      addressBits: 16,
      onPagesChanged: first => {
        if (first === 0) late.setAddress(0x2000)
      },
    })
    system.addSubregion(0x3000, late)
    system.addSubregion(0, MemoryRegion.reservation('first', PAGE))
    expect([0, 2, 3].map(index => entryInMemory(table, index * PAGE) & PAGE_FLAGS)).toEqual([PAGE_SLOW, RW, 0])
  })
})

describe('onPagesChanged', () => {
  it('is told of just the pages whose entry is another, in runs, ascending', () => {
    const { region, system, changed, table, memory } = board()
    const generation = () => new DataView(memory.buffer).getUint32(32, true)
    const before = generation()
    const bar = MemoryRegion.io('bar', { read: () => 0, write: () => {} }, PAGE)
    system.addSubregion(RAM + 2 * PAGE, bar, 1)
    system.addSubregion(0x1000, MemoryRegion.reservation('far', 2 * PAGE))
    // What shows the same says nothing.
    bar.setSize(PAGE)
    system.addSubregion(RAM, MemoryRegion.io('hidden', { read: () => 0, write: () => {} }, PAGE), -1)
    expect(changed.splice(0)).toEqual([
      // The page ahead too: what begins there must no longer reach over its end.
      [page(RAM) + 1, page(RAM) + 2],
      [1, 2],
    ])
    expect(generation() - before).toBe(2)
    MemoryRegion.transaction(() => {
      bar.setAddress(RAM + 5 * PAGE)
      region.setAddress(RAM + PAGE)
    })
    expect(changed.splice(0)).toEqual([[page(RAM), page(RAM) + 8]])
    table.destroy()
    expect(changed).toEqual([
      [1, 2],
      // The one that was hidden is seen where the RAM no longer is.
      [page(RAM), page(RAM) + 8],
    ])
  })

  it('is told of a log that begins while the map changes in the same go, in ascending order', () => {
    const { region, ram, system, changed } = board()
    const low = MemoryRegion.ram('low', ram.block('low', PAGE))
    system.addSubregion(0x1000, low)
    changed.length = 0
    // Another space's listener is called between the change of this space and the commit of its listeners.
    const other = new AddressSpace('other', region)
    registerMemoryListener(other, { regionDel: () => low.setLog(DirtyClient.VGA, true) })
    MemoryRegion.transaction(() => {
      region.setSize(7 * PAGE)
    })
    expect(changed).toEqual([
      [1, 1],
      [page(RAM) + 6, page(RAM) + 7],
    ])
  })

  it('may throw: all are told, and who made the change gets it', () => {
    const told: number[] = []
    const { region, table, flagsAt } = board(false, {
      onPagesChanged: first => {
        told.push(first)
        throw new Error(`of ${first}`)
      },
    })
    const move = () => region.setAddress(0x10_0000)
    expect(move).toThrow(`of ${page(0x10_0000)}`)
    expect(told).toEqual([page(0x10_0000), page(RAM)])
    expect([flagsAt(RAM), flagsAt(0x10_0000)]).toEqual([0, RW])
    // Within a transaction a log throws nothing; its end does.
    const log = () =>
      MemoryRegion.transaction(() => {
        region.setLog(DirtyClient.VGA, true)
        expect(flagsAt(0x10_0000)).toBe(PAGE_READ)
      })
    expect(log).toThrow(`of ${page(0x10_0000)}`)
    expect(() => table.destroy()).toThrow(`of ${page(0x10_0000)}`)
    expect(table.destroyed).toBe(true)
  })
})

describe('a memory', () => {
  it.each([[true], [false]])('that grows, shared: %s, keeps its table', shared => {
    const { memory, region, system, table, flagsAt } = board(shared)
    memory.grow(2)
    region.setAddress(0)
    expect([flagsAt(0), flagsAt(RAM)]).toEqual([RW, 0])
    system.removeSubregion(region)
    const cpu = cpuOf(table)
    expect([flagsAt(0), cpu.load(0, 4)]).toEqual([0, 0n])
    expect(table.space.result).toBe(MemTxResult.DECODE_ERROR)
  })

  it('that this library allocated has a table, and no block is cut there as long', () => {
    const ram = GuestRam.allocate(8 * MIB)
    const memory = ram.handle.memory as WebAssembly.Memory
    const block = ram.block('ram', PAGE)
    const space = new AddressSpace('cpu', MemoryRegion.ram('ram', block))
    const table = pageTable(space, { memory, offset: PAGE })
    expect(entryInMemory(table, 0)).toBe(block.offset + RW)
    const next = ram.block('next', PAGE)
    expect(next.offset).toBeGreaterThanOrEqual(table.offset + table.bytes)
    expect(() => ram.block('there', PAGE, { offset: 2 * PAGE })).toThrow(RangeError)
    table.destroy()
    expect(ram.block('there', PAGE, { offset: 2 * PAGE }).view()[64]).toBe(0)
  })

  it('gives blocks back that a table has led to', () => {
    const { block, region, system, flagsAt } = board()
    expect(() => block.free()).toThrow(TypeError)
    system.removeSubregion(region)
    block.free()
    expect(flagsAt(RAM)).toBe(0)
  })

  it('that had other bytes in the place of the table has zeros there', () => {
    const memory = new WebAssembly.Memory({ initial: 1 })
    new Uint8Array(memory.buffer).fill(0xff)
    const space = new AddressSpace('cpu', MemoryRegion.container('nothing', 2 ** 16))
    const table = pageTable(space, { memory, offset: PAGE, addressBits: 16 })
    expect(new Uint8Array(memory.buffer, table.entries, 64).every(byte => byte === 0)).toBe(true)
    expect(new Uint8Array(memory.buffer, 0, PAGE).every(byte => byte === 0xff)).toBe(true)
  })
})

describe('a table that has ended', () => {
  it('is zero, follows no more, and leaves its place to another', () => {
    const { memory, region, space, table, changed } = board()
    const cpu = cpuOf(table)
    table.destroy()
    changed.length = 0
    expect(new Uint8Array(memory.buffer, 0, table.bytes).every(byte => byte === 0)).toBe(true)
    cpu.store(RAM, 4, 7n)
    expect([cpu.load(RAM, 4), cpu.calls, table.entryOf(RAM), table.fill(RAM)]).toEqual([7n, 2, 0, 0])
    region.setAddress(0)
    table.refresh()
    table.destroy()
    expect([new Uint8Array(memory.buffer, 0, 64).every(byte => byte === 0), changed]).toEqual([true, []])
    const second = pageTable(space, { memory, offset: 0 })
    expect(entryInMemory(second, 0) & PAGE_FLAGS).toBe(RW | ANY)
  })

  it('because its space has, is slow everywhere, and holds no region or block', () => {
    const { block, region, space, changed, flagsAt, table, system } = board()
    space.destroy()
    expect([flagsAt(RAM), changed]).toEqual([0, [[page(RAM), page(RAM) + 7]]])
    expect([...system.links.viewers]).toEqual([])
    system.removeSubregion(region)
    block.free()
    table.destroy()
    expect(table.destroyed).toBe(true)
  })

  it('leaves nothing that looks at the tree', () => {
    const { space, system, table } = board()
    const before = [...system.links.viewers].length
    table.destroy()
    expect(before - [...system.links.viewers].length).toBe(1)
    expect(listenersOf(space)?.list ?? []).toEqual([])
  })

  it('before it was made leaves nothing', () => {
    const { memory, space, system, table } = board()
    table.destroy()
    const before = [...system.links.viewers].length
    Object.defineProperty(space, 'view', { configurable: true, get: () => raise('no view') })
    expect(() => pageTable(space, { memory, offset: 0 })).toThrow('no view')
    Reflect.deleteProperty(space, 'view')
    expect([...system.links.viewers].length).toBe(before)
    expect(pageTable(space, { memory, offset: 0 }).entryOf(RAM) & PAGE_FLAGS).toBe(RW | ANY)
  })
})

describe('a hashed table', () => {
  it('learns a page when it is asked for, and keeps it until the map changes', () => {
    const at = 2 ** 40 + 0x35_3000
    const memory = new WebAssembly.Memory({ initial: 8 })
    const ram = GuestRam.wrap(memory, { offset: 0x4_0000 })
    const region = MemoryRegion.ram('ram', ram.block('ram', 4 * PAGE))
    const root = MemoryRegion.container('root', 2 ** 53)
    root.addSubregion(at, region)
    const space = new AddressSpace('cpu', root)
    const table = pageTable(space, { memory, offset: 0, addressBits: 48, slots: 16 })
    const cpu = cpuOf(table)
    cpu.store(at + 8, 8, 0x1122_3344_5566_7788n)
    expect([cpu.load(at + 8, 8), cpu.calls]).toEqual([0x1122_3344_5566_7788n, 1])
    region.setAddress(at + 4 * PAGE)
    expect([cpu.load(at + 8, 8), cpu.calls]).toEqual([0n, 2])
    expect([cpu.load(at + 4 * PAGE + 8, 8), cpu.calls]).toEqual([0x1122_3344_5566_7788n, 3])
    // Pages that only calls serve drive none out.
    const slot = entryInMemory(table, at + 4 * PAGE)
    for (let other = 0; other < 64; other++) cpu.load(other * PAGE, 4)
    expect(entryInMemory(table, at + 4 * PAGE)).toBe(slot)
  })

  it('takes what a guest may ask for, up to 2^64', () => {
    const memory = new WebAssembly.Memory({ initial: 8 })
    const ram = GuestRam.wrap(memory, { offset: 0x4_0000 })
    const rejected: [number, number, boolean][] = []
    const onReject = (address: number, size: number, write: boolean) => rejected.push([address, size, write])
    const space = new AddressSpace('cpu', MemoryRegion.ram('ram', ram.block('ram', PAGE)), { onReject })
    const cpu = cpuOf(pageTable(space, { memory, offset: 0, addressBits: 53, slots: 16 }))
    for (const address of [2n ** 53n, 2n ** 60n, 2n ** 64n - 8n])
      for (const size of [1, 2, 4, 8] as const) {
        expect(cpu.load(address, size)).toBe(0n)
        cpu.store(address, size, 1n)
      }
    expect(rejected.length).toBe(24)
    expect(space.result).toBe(MemTxResult.DECODE_ERROR)
  })
})

test('a space that is smaller than a page has one page', () => {
  const memory = new WebAssembly.Memory({ initial: 4 })
  const ram = GuestRam.wrap(memory, { offset: 0x1_0000 })
  const system = MemoryRegion.container('system', 0x100)
  const region = MemoryRegion.ram('ram', ram.block('ram', 0x100))
  system.addSubregion(0, region)
  const table = pageTable(new AddressSpace('tiny', system), { memory, offset: 0, addressBits: 8 })
  expect(entryInMemory(table, 0) & PAGE_FLAGS).toBe(RW)
  region.setSize(0xf0)
  expect(entryInMemory(table, 0) & PAGE_FLAGS).toBe(PAGE_SLOW)
})

test('a table of a small space has 256-byte pages, and serves 16-bit addresses', () => {
  const memory = new WebAssembly.Memory({ initial: 4 })
  const ram = GuestRam.wrap(memory, { offset: 0x1_0000 })
  const system = MemoryRegion.container('system', 2 ** 16)
  system.addSubregion(0, MemoryRegion.ram('ram', ram.block('ram', 0x800)))
  system.addSubregion(0x2000, MemoryRegion.io('ppu', { read: () => 0x5a, write: () => {} }, 0x100))
  const table = pageTable(new AddressSpace('6502', system), { memory, offset: 0, addressBits: 16, pageSize: 256 })
  const cpu = cpuOf(table)
  cpu.store(0x7ff, 1, 9n)
  expect([cpu.load(0x7ff, 1), cpu.calls]).toEqual([9n, 0])
  expect([cpu.load(0x2002, 1), cpu.load(0x800, 1), cpu.calls]).toEqual([0x5an, 0n, 2])
  expect(Object.keys(slowAccesses(table)).length).toBe(8)
})
