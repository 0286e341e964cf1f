import { canShare, spaceOver } from './ram.mjs'

const PAGE = 65_536
const SIZE = 3 * PAGE
const OFFSET = 8192

const some = (n, seed) => Uint8Array.from({ length: n }, (_, i) => (i * 37 + seed) & 0xff)

/** Every way that stores, and what it does to an array that stands for the memory. */
function storesOf(guestmem, { ram, block, memory, window, cache, list }, expected) {
  const { MemTxAttrs, ramCopy, ramFill, ramMove, writel } = guestmem
  const words = new DataView(expected.buffer)
  const copied = (to, from, n) => expected.copyWithin(to, from, from + n)
  const stored = (bytes, at) => expected.set(bytes, at)
  return {
    store8: [n => memory.store8(0x10, n), n => stored([n], 0x10)],
    store16: [n => memory.store16(0x20, n * 257), n => words.setUint16(0x20, n * 257, true)],
    store32: [n => memory.store32(0x30, 0xd4c3_b200 + n), n => words.setUint32(0x30, 0xd4c3_b200 + n, true)],
    'an unaligned store32': [
      n => memory.store32(0x41, 0x1234_5600 + n),
      n => words.setUint32(0x41, 0x1234_5600 + n, true),
    ],
    store64: [
      n => memory.store64(0x50, 2n ** 40n + BigInt(n)),
      n => words.setBigUint64(0x50, 2n ** 40n + BigInt(n), true),
    ],
    write: [n => memory.write(0x103, some(299, n)), n => stored(some(299, n), 0x103)],
    'a relaxed write': [
      n => memory.write(0x305, some(299, n + 1), MemTxAttrs.RELAXED),
      n => stored(some(299, n + 1), 0x305),
    ],
    fill: [n => memory.fill(0x501, n, 300), n => expected.fill(n, 0x501, 0x501 + 300)],
    'a copy in the space': [() => memory.copy(0x1003, memory, 0x101, 0x333), () => copied(0x1003, 0x101, 0x333)],
    'an overlapping copy': [() => memory.copy(0x1013, memory, 0x1003, 300), () => copied(0x1013, 0x1003, 300)],
    ramCopy: [() => ramCopy(block, 0x2001, block, 0x105, 500), () => copied(0x2001, 0x105, 500)],
    'ramCopy of an array': [n => ramCopy(block, 0x2205, some(200, n), 0, 200), n => stored(some(200, n), 0x2205)],
    ramMove: [() => ramMove(block, 0x2103, block, 0x2101, 400), () => copied(0x2103, 0x2101, 400)],
    ramFill: [n => ramFill(block, 0x2501, n, 77), n => expected.fill(n, 0x2501, 0x2501 + 77)],
    writel: [n => writel(block, 0x2600, n), n => words.setUint32(0x2600, n, true)],
    'a window': [n => window.bytes.set(some(50, n), 7), n => stored(some(50, n), 0x3007)],
    'a cached store32': [n => cache.store32(8, n), n => words.setUint32(0x4008, n, true)],
    'a cached write': [n => cache.write(0x21, some(60, n)), n => stored(some(60, n), 0x4021)],
    'a scatter-gather list': [
      n => list.write(50, some(100, n)),
      n => {
        stored(some(50, n), 0x5032)
        stored(some(100, n).subarray(50), 0x5200)
      },
    ],
    'the view of a block': [n => block.view(0x6000, 40).fill(n), n => expected.fill(n, 0x6000, 0x6028)],
    discard: [() => ram.discard(block.offset + 0x2000, 0x300), () => expected.fill(0, 0x2000, 0x2300)],
  }
}

/** Every way that loads: what gives the bytes, and where they are. */
function loadsOf({ ramCopy, readl }, { block, memory, window, cache, list }) {
  const word = value => Uint8Array.of(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24)
  const filled = (n, act) => {
    const own = new Uint8Array(n)
    act(own)
    return own
  }
  return {
    load8: [() => [memory.load8(0x30)], 0x30, 1],
    load32: [() => word(memory.load32(0x30)), 0x30, 4],
    'an unaligned load32': [() => word(memory.load32(0x41)), 0x41, 4],
    load64: [() => word(Number(memory.load64(0x50) & 0xffff_ffffn)), 0x50, 4],
    read: [() => filled(299, own => memory.read(0x103, own)), 0x103, 299],
    'ramCopy to an array': [() => filled(200, own => ramCopy(own, 0, block, 0x2205, 200)), 0x2205, 200],
    readl: [() => word(readl(block, 0x2600)), 0x2600, 4],
    'what a window shows': [() => window.bytes, 0x3000, 0x1000],
    'a cached load32': [() => word(cache.load32(8)), 0x4008, 4],
    'a cached read': [() => filled(60, own => cache.read(0x21, own)), 0x4021, 60],
    'reading a scatter-gather list': [() => filled(50, own => list.read(50, own)), 0x5032, 50],
  }
}

/** Each way is taken right after the memory has grown; what lies in the memory then is compared, wherever it lies now. */
function everyWay(checks, guestmem, kind, wasm, grow) {
  const { GuestRam, MemoryRegionCache, ScatterGatherList } = guestmem
  const ram = GuestRam.wrap(wasm, { offset: OFFSET, bytes: SIZE - OFFSET })
  const block = ram.block('ram', PAGE)
  const memory = spaceOver(guestmem, block)
  const window = memory.map(0x3000, 0x1000, { write: true })
  const cache = new MemoryRegionCache(memory, 0x4000, 0x1000, { write: true })
  const list = new ScatterGatherList().add(memory, 0x5000, 100).add(memory, 0x5200, 100)
  const holders = { ram, block, memory, window, cache, list }
  const expected = new Uint8Array(PAGE)
  const stores = Object.entries(storesOf(guestmem, holders, expected))
  const loads = Object.entries(loadsOf(guestmem, holders))
  for (let round = 1; round <= 3; round++) {
    for (const [way, [act, model]] of stores) {
      grow()
      act(40 * round)
      model(40 * round)
      checks.bytes(`${kind}, ${way}, ${round}`, new Uint8Array(wasm.buffer, block.offset, PAGE), expected)
    }
    for (const [way, [act, at, n]] of loads) {
      grow()
      checks.bytes(`${kind}, ${way}, ${round}`, act(), expected.slice(at, at + n))
    }
  }
  return ram
}

/** A device whose handler lets the memory grow, in the middle of a request that goes on in RAM. */
function grownByHandler(checks, guestmem) {
  const { AddressSpace, GuestRam, MemoryRegion } = guestmem
  const wasm = new WebAssembly.Memory({ initial: 1 })
  const block = GuestRam.wrap(wasm).block('ram', 4096)
  const root = MemoryRegion.container('root', 2 ** 32)
  const seen = []
  const grower = {
    read: () => wasm.grow(1),
    write: (_offset, value) => {
      wasm.grow(1)
      seen.push(value)
    },
  }
  root.addSubregion(0, MemoryRegion.io('grower', grower, 4))
  root.addSubregion(4, MemoryRegion.ram('ram', block))
  const memory = new AddressSpace('memory', root)
  const { OK } = guestmem.MemTxResult
  checks.same('a write over a handler that grows memory', memory.write(0, Uint8Array.of(1, 0, 0, 0, 5, 6, 7)), OK)
  checks.bytes('what is behind it', new Uint8Array(wasm.buffer, block.offset, 4), Uint8Array.of(5, 6, 7, 0))
  const got = new Uint8Array(7)
  checks.same('a read over a handler that grows memory', memory.read(0, got), OK)
  checks.bytes('what was read behind it', got.subarray(4), Uint8Array.of(5, 6, 7))
  checks.same('what the handler saw', seen.join(), '1')
}

/** What is stored to memory that grew is marked, for who logs it. */
function logged(checks, guestmem) {
  const { DirtyClient, GuestRam, MemoryRegion, AddressSpace, snapshotAndClearDirty } = guestmem
  const wasm = new WebAssembly.Memory({ initial: 1 })
  const region = MemoryRegion.ram('ram', GuestRam.wrap(wasm).block('ram', 4 * 4096))
  const memory = new AddressSpace('memory', region)
  region.setLog(DirtyClient.MIGRATION, true)
  snapshotAndClearDirty(region, 0, region.size, DirtyClient.MIGRATION)
  for (const [act, page] of [
    [() => memory.store32(4096, 1), 1],
    [() => memory.write(8192, some(10, 1)), 2],
    [() => memory.copy(12_288, memory, 8192, 10), 3],
  ]) {
    wasm.grow(1)
    act()
    const dirty = snapshotAndClearDirty(region, 0, region.size, DirtyClient.MIGRATION)
    const offsets = Array.from(dirty.ranges(), ({ offset }) => offset)
    checks.same('what is dirty after growth', offsets.join(), String(4096 * page))
  }
}

/** memory.grow, which detaches every ArrayBuffer of a memory that is not shared. */
export function growth(checks, guestmem) {
  if (typeof WebAssembly === 'undefined') return
  const wasm = new WebAssembly.Memory({ initial: SIZE / PAGE })
  const ram = everyWay(checks, guestmem, 'memory that grew', wasm, () => wasm.grow(1))
  ram.grow(6 * PAGE)
  const more = ram.block('more', 3 * PAGE)
  more.view().fill(0x5a)
  checks.same('a byte that ram.grow brought', new Uint8Array(wasm.buffer)[more.offset + 3 * PAGE - 1], 0x5a)
  const still = new WebAssembly.Memory({ initial: SIZE / PAGE })
  everyWay(checks, guestmem, 'memory that could grow', still, () => {})
  if (canShare) {
    const shared = new WebAssembly.Memory({ initial: SIZE / PAGE, maximum: 256, shared: true })
    everyWay(checks, guestmem, 'shared memory that grew', shared, () => shared.grow(1))
  }
  grownByHandler(checks, guestmem)
  logged(checks, guestmem)
}
