import {
  AddressSpace,
  atomicAdd16,
  atomicCompareExchange32,
  atomicExchange32,
  atomicExchange64,
  GuestRam,
  IommuMemoryRegion,
  IommuPermissions,
  MemoryRegion,
  MemoryRegionCache,
  MemTxAttrs,
  mirror,
  ScatterGatherList,
  splitAccess,
} from 'guestmem'
import { pageTable } from 'guestmem/page-table'
import { type Cpu, cpuOf } from '../../page-table/support/cpu.ts'

const PAGE = 4096
const MIB = 2 ** 20
/** Where the roads lead: two words, within a page of RAM that is 16 pages long. */
export const AT = 0x3008
/** A page of RAM that nobody taps. */
const ELSEWHERE = 0x8000
/** Nothing is mapped there. */
export const NOWHERE = 0x20_0000

/** One memory for all boards: the table of a CPU, and RAM behind it. */
const memory = new WebAssembly.Memory({ initial: 16, maximum: 16, shared: true })
const block = GuestRam.wrap(memory, { offset: MIB - 16 * PAGE, bytes: 16 * PAGE }).block('ram', 16 * PAGE)

/** RAM, with everything that leads to it made ahead of all taps. */
export class Board {
  readonly region: MemoryRegion = MemoryRegion.ram('ram', block)
  readonly space: AddressSpace
  readonly bus: AddressSpace
  readonly mirrored: AddressSpace
  readonly split: AddressSpace
  readonly big: boolean
  readonly caches: readonly MemoryRegionCache[]
  readonly cpu: Cpu
  readonly list: ScatterGatherList
  readonly #close: (() => void)[] = []

  constructor(endian: 'little' | 'big') {
    block.view().fill(0)
    this.big = endian === 'big'
    const open = (root: MemoryRegion) => {
      const space = new AddressSpace(root.name, root, { endian })
      this.#close.push(() => space.destroy())
      return space
    }
    const system = MemoryRegion.container('system', 2 ** 32)
    system.addSubregion(0, this.region)
    this.space = open(system)
    const entry = (address: number) => ({
      target: this.space,
      translated: address - (address % PAGE),
      mask: PAGE - 1,
      permissions: IommuPermissions.BOTH,
    })
    this.bus = open(new IommuMemoryRegion('iommu', { translate: entry }, 64 * PAGE))
    this.mirrored = open(mirror('mirror', this.region, 32 * PAGE))
    this.split = open(splitAccess('split', { reads: this.region, writes: this.region }, 16 * PAGE))
    const cached = (space: AddressSpace, address: number) => new MemoryRegionCache(space, address, 64, { write: true })
    this.caches = [cached(this.space, AT - 8), cached(this.bus, AT - 8)]
    const table = pageTable(this.space, { memory, offset: 0, addressBits: 24 })
    this.#close.push(() => table.destroy())
    this.cpu = cpuOf(table)
    this.list = new ScatterGatherList().add(this.space, ELSEWHERE, 4).add(this.space, AT, 4)
    // So that every quick way there is has been taken once.
    for (const road of LOADS) road.go(this, AT)
    for (const road of STORES) road.go(this, AT, [0, 0, 0, 0])
  }

  close(): void {
    for (const each of this.#close.reverse()) each()
  }

  get bytes(): Uint8Array {
    return block.view(AT, 4).slice()
  }

  set bytes(bytes: readonly number[]) {
    block.view(AT, 4).set(bytes)
  }

  /** The bytes that a number of 32 bits has in memory, in the target's order. */
  bytesOf(value: number | bigint): number[] {
    const bytes = [0, 8, 16, 24].map(shift => (Number(value) >>> shift) & 255)
    return this.big ? bytes.reverse() : bytes
  }

  /** What these bytes form; in another order, where a region that leads to the RAM looks at it in that. */
  valueOf(bytes: ArrayLike<number>, big: boolean = this.big): number {
    return Array.from(bytes).reduce((sum, byte, i) => sum + byte * 2 ** (8 * (big ? 3 - i : i)), 0)
  }
}

export interface Road {
  readonly name: string
  readonly kind: 'read' | 'write' | 'fetch'
  /** A request, and no single access. */
  readonly dma: boolean
  /** A tap of the board's space is not told: these lead to the region by a space of their own. */
  readonly apart?: boolean
  /** Of RAM alone: elsewhere, nothing is lent, looked up or found in the same way. */
  readonly fixed?: boolean
}

/** Gives the four bytes. */
export interface Loads extends Road {
  go(board: Board, address: number): number[]
}

/** Stores the four bytes. */
export interface Stores extends Road {
  go(board: Board, address: number, bytes: readonly number[]): void
}

const RELAXED = MemTxAttrs.RELAXED
const FETCH = MemTxAttrs.of({ fetch: true })

const single = (name: string, more: Partial<Road>, one: (board: Board, address: number) => number | bigint): Loads => ({
  name,
  kind: 'read',
  dma: false,
  ...more,
  go: (board, address) => board.bytesOf(one(board, address)),
})

const request = (
  name: string,
  more: Partial<Road>,
  read: (board: Board, address: number, bytes: Uint8Array) => unknown,
): Loads => ({
  name,
  kind: 'read',
  dma: true,
  ...more,
  go(board, address) {
    const bytes = new Uint8Array(4).fill(0xee)
    read(board, address, bytes)
    return [...bytes]
  },
})

/** Bytes that came where nobody taps. */
const copied = (name: string, more: Partial<Road>, copy: (board: Board, address: number) => unknown): Loads => ({
  name,
  kind: 'read',
  dma: true,
  ...more,
  go(board, address) {
    copy(board, address)
    return [...block.view(ELSEWHERE, 4)]
  },
})

export const LOADS: readonly Loads[] = [
  single('load32', {}, ({ space }, at) => space.load32(at)),
  single('load32le', {}, ({ space, big }, at) => (big ? space.load32be(at) : space.load32le(at))),
  single('load32 of a fetch', { kind: 'fetch' }, ({ space }, at) => space.load32(at, FETCH)),
  single('load32, relaxed', {}, ({ space }, at) => space.load32(at, RELAXED)),
  single('load32 through an IOMMU', { fixed: true }, ({ bus }, at) => bus.load32(at)),
  single('load32 of a mirror', { apart: true, fixed: true }, ({ mirrored }, at) => mirrored.load32(at + 16 * PAGE)),
  single('load32 of a split access', { apart: true, fixed: true }, ({ split }, at) => split.load32(at)),
  single('a cache’s load32', { fixed: true }, ({ caches }) => caches[0]?.load32(8) as number),
  single('a cache’s load32 through an IOMMU', { fixed: true }, ({ caches }) => caches[1]?.load32(8) as number),
  single('a WebAssembly CPU’s load', { fixed: true }, ({ cpu }, at) => cpu.load(at, 4)),
  request('read', {}, ({ space }, at, bytes) => space.read(at, bytes)),
  request('read, relaxed', {}, ({ space }, at, bytes) => space.read(at, bytes, RELAXED)),
  request('read into shared bytes', {}, ({ space }, at, bytes) => {
    const shared = new Uint8Array(new SharedArrayBuffer(4))
    space.read(at, shared)
    bytes.set(shared)
  }),
  request('read through an IOMMU', { fixed: true }, ({ bus }, at, bytes) => bus.read(at, bytes)),
  request('read of a mirror', { apart: true, fixed: true }, ({ mirrored }, at, bytes) => mirrored.read(at, bytes)),
  request('a cache’s read', { fixed: true }, ({ caches }, _at, bytes) => caches[0]?.read(8, bytes)),
  request('a list’s read', {}, ({ space }, at, bytes) => new ScatterGatherList().add(space, at, 4).read(0, bytes)),
  request('a list’s read of its second element', { fixed: true }, ({ list }, _at, bytes) => list.read(4, bytes)),
  request('a window', {}, ({ space }, at, bytes) => {
    const window = space.map(at, 4)
    bytes.set(window?.bytes ?? [])
    window?.unmap()
  }),
  copied('copy from there', {}, ({ space }, at) => space.copy(ELSEWHERE, space, at, 4)),
  copied('copy from there again', {}, ({ space }, at) => space.copy(ELSEWHERE, space, at, 4)),
  copied('copy from there, relaxed', {}, ({ space }, at) => space.copy(ELSEWHERE, space, at, 4, RELAXED)),
  copied('copy from another space', { fixed: true }, ({ space, bus }, at) => space.copy(ELSEWHERE, bus, at, 4)),
  copied('a list’s copyFrom', {}, ({ space }, at) =>
    new ScatterGatherList().add(space, ELSEWHERE, 4).copyFrom(0, new ScatterGatherList().add(space, at, 4), 0, 4),
  ),
]

const store = (
  name: string,
  more: Partial<Road>,
  one: (board: Board, address: number, value: number) => unknown,
): Stores => ({
  name,
  kind: 'write',
  dma: false,
  ...more,
  go: (board, address, bytes) => {
    one(board, address, board.valueOf(bytes))
  },
})

const write = (
  name: string,
  more: Partial<Road>,
  one: (board: Board, address: number, bytes: Uint8Array) => unknown,
): Stores => ({
  name,
  kind: 'write',
  dma: true,
  ...more,
  go: (board, address, bytes) => {
    one(board, address, Uint8Array.from(bytes))
  },
})

const from = (board: Board, bytes: Uint8Array) => {
  block.view(ELSEWHERE, 4).set(bytes)
  return board.space
}

export const STORES: readonly Stores[] = [
  store('store32', {}, ({ space }, at, value) => space.store32(at, value)),
  store('store32le', {}, ({ space, big }, at, value) =>
    big ? space.store32be(at, value) : space.store32le(at, value),
  ),
  store('store32, relaxed', {}, ({ space }, at, value) => space.store32(at, value, RELAXED)),
  store('store32 through an IOMMU', { fixed: true }, ({ bus }, at, value) => bus.store32(at, value)),
  store('store32 to a mirror', { apart: true, fixed: true }, ({ mirrored }, at, value) => mirrored.store32(at, value)),
  store('store32 to a split access', { apart: true, fixed: true }, ({ split }, at, value) => split.store32(at, value)),
  store('a cache’s store32', { fixed: true }, ({ caches }, _at, value) => caches[0]?.store32(8, value)),
  store('a cache’s store32 through an IOMMU', { fixed: true }, ({ caches }, _at, value) =>
    caches[1]?.store32(8, value),
  ),
  store('a WebAssembly CPU’s store', { fixed: true }, ({ cpu }, at, value) => cpu.store(at, 4, BigInt(value))),
  store('atomicExchange32', {}, ({ space }, at, value) => atomicExchange32(space, at, value)),
  store('atomicExchange32 through an IOMMU', { fixed: true }, ({ bus }, at, value) => atomicExchange32(bus, at, value)),
  write('write', {}, ({ space }, at, bytes) => space.write(at, bytes)),
  write('write, relaxed', {}, ({ space }, at, bytes) => space.write(at, bytes, RELAXED)),
  write('write of shared bytes', {}, ({ space }, at, bytes) => {
    const shared = new Uint8Array(new SharedArrayBuffer(4))
    shared.set(bytes)
    space.write(at, shared)
  }),
  write('write through an IOMMU', { fixed: true }, ({ bus }, at, bytes) => bus.write(at, bytes)),
  write('a cache’s write', { fixed: true }, ({ caches }, _at, bytes) => caches[0]?.write(8, bytes)),
  write('a list’s write', {}, ({ space }, at, bytes) => new ScatterGatherList().add(space, at, 4).write(0, bytes)),
  write('a list’s write to its second element', { fixed: true }, ({ list }, _at, bytes) => list.write(4, bytes)),
  write('a window', {}, ({ space }, at, bytes) => {
    const window = space.map(at, 4, { write: true })
    window?.bytes.set(bytes)
    window?.unmap()
  }),
  write('copy to there', {}, (board, at, bytes) => from(board, bytes).copy(at, board.space, ELSEWHERE, 4)),
  write('copy to there again', {}, (board, at, bytes) => from(board, bytes).copy(at, board.space, ELSEWHERE, 4)),
  write('copy to there, relaxed', {}, (board, at, bytes) =>
    from(board, bytes).copy(at, board.space, ELSEWHERE, 4, RELAXED),
  ),
  write('a list’s copyFrom', {}, (board, at, bytes) => {
    from(board, bytes)
    new ScatterGatherList()
      .add(board.space, at, 4)
      .copyFrom(0, new ScatterGatherList().add(board.space, ELSEWHERE, 4), 0, 4)
  }),
]

/** Other single accesses that overlap the four bytes: what they do, and what is told of them. */
export const WIDTHS: readonly [
  name: string,
  go: (board: Board) => unknown,
  kind: string,
  address: number,
  size: number,
][] = [
  ['load8', ({ space }) => space.load8(AT + 3), 'read', AT + 3, 1],
  ['load16', ({ space }) => space.load16(AT + 3), 'read', AT + 3, 2],
  ['load64', ({ space }) => space.load64(AT - 4), 'read', AT - 4, 8],
  ['load64Pair', ({ space }) => space.load64Pair(AT), 'read', AT, 8],
  ['store8', ({ space }) => space.store8(AT, 1), 'write', AT, 1],
  ['store16', ({ space }) => space.store16(AT - 1, 1), 'write', AT - 1, 2],
  ['store64', ({ space }) => space.store64(AT - 1, 1n), 'write', AT - 1, 8],
  ['store64Pair', ({ space }) => space.store64Pair(AT, 1, 2), 'write', AT, 8],
  ['atomicAdd16', ({ space }) => atomicAdd16(space, AT + 2, 1), 'write', AT + 2, 2],
  ['atomicExchange64', ({ space }) => atomicExchange64(space, AT, 1n), 'write', AT, 8],
  ['atomicCompareExchange32', ({ space }) => atomicCompareExchange32(space, AT, 5, 6), 'write', AT, 4],
  ['a cache’s load8', ({ caches }) => caches[0]?.load8(9), 'read', AT + 1, 1],
  ['a cache’s load64', ({ caches }) => caches[0]?.load64(4), 'read', AT - 4, 8],
  ['a cache’s store16', ({ caches }) => caches[0]?.store16(7, 1), 'write', AT - 1, 2],
  ['a cache’s store64', ({ caches }) => caches[0]?.store64(8, 1n), 'write', AT, 8],
  ['a CPU’s load8', ({ cpu }) => cpu.load(AT + 2, 1), 'read', AT + 2, 1],
  ['a CPU’s load64, unaligned', ({ cpu }) => cpu.load(AT - 5, 8), 'read', AT - 5, 8],
  ['a CPU’s store16', ({ cpu }) => cpu.store(AT + 3, 2, 7n), 'write', AT + 3, 2],
]
