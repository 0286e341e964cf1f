import {
  AddressSpace,
  DirtyClient,
  type FlatRange,
  GuestRam,
  MemoryRegion,
  type MemoryRegionOps,
  MemTxResult,
  type RamBlock,
  SparseRam,
  startGlobalDirtyLog,
  stopGlobalDirtyLog,
  testAndClearDirty,
} from 'guestmem'
import { expect } from 'vitest'

/** Numbers that look random, the same for the same seed. */
export function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0
  return below => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const OK = MemTxResult.OK
const PAGE = 4096
const BLOCK = 3 * PAGE
const CLIENTS = Object.values(DirtyClient)
/** Places that are alike in some of their bits: in one page, in neighbours, and equal modulo 2^28 and 2^32. */
const BASES = [
  0,
  0x10_0000,
  2 ** 31,
  2 ** 32 - 2 * PAGE,
  2 ** 32,
  2 ** 32 + 2 ** 28,
  2 ** 45,
  2 ** 45 + 2 ** 28,
  2 ** 52,
]
const SHIFTS = [0, 0, PAGE, 256, 0x60, 16, 8, 1, PAGE - 4]

type Call = [name: string, offset: number, size: number, value: number]

/** A tree of all kinds of regions that changes at random, and what is seen of it, byte by byte, by `FlatView.find`. */
export class TlbMachine {
  readonly root: MemoryRegion = MemoryRegion.container('root', 2 ** 53)
  readonly spaces: readonly AddressSpace[]
  readonly #any: (below: number) => number
  readonly #regions: MemoryRegion[] = []
  readonly #aliases: MemoryRegion[] = []
  readonly #grows: GuestRam
  readonly #shared: GuestRam
  readonly #calls: Call[] = []
  #others = 0
  #logsAll = false

  constructor(seed: number) {
    this.#any = randomOf(seed)
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 64 })
    this.#grows = GuestRam.wrap(memory)
    this.#shared = GuestRam.allocate(2 ** 17)
    const rams = [this.#shared, this.#shared, this.#grows, GuestRam.allocate(2 ** 16, { order: 'language' })]
    for (const [i, ram] of rams.entries()) {
      this.#add(MemoryRegion.ram(`ram ${i}`, ram.block(`ram ${i}`, BLOCK)))
      this.#add(MemoryRegion.rom(`rom ${i}`, ram.block(`rom ${i}`, 2 * PAGE)))
    }
    this.#add(MemoryRegion.ram('two', [this.#shared.block('first', 4000), this.#shared.block('second', PAGE)]))
    this.#add(MemoryRegion.ram('late', new SparseRam({ memoryBytes: 2 ** 16 }).blocks('late', BLOCK)))
    this.#add(MemoryRegion.ramDevice('slow', this.#shared.block('slow', 2 * PAGE)))
    this.#add(MemoryRegion.romDevice('flash', this.#ops('flash'), this.#shared.block('flash', 2 * PAGE)))
    for (let i = 0; i < 6; i++)
      this.#add(MemoryRegion.io(`io ${i}`, this.#ops(`io ${i}`), [1, 8, 0x60, 256, PAGE, 2 * PAGE][i] as number))
    for (const target of this.#regions.slice(0, 3)) {
      const alias = MemoryRegion.alias(`alias of ${target.name}`, target, 0, 2 * PAGE)
      this.#aliases.push(alias)
      this.#add(alias)
    }
    this.spaces = [
      new AddressSpace('little', this.root),
      new AddressSpace('big', this.root, { endian: 'big' }),
      new AddressSpace('direct', this.root, { directAccess: 'normal-only' }),
    ]
  }

  end(): void {
    stopGlobalDirtyLog()
  }

  /** Changes something that an entry of the TLB depends on. */
  change(): void {
    const any = this.#any
    const region = this.#regions[any(this.#regions.length)] as MemoryRegion
    const within = any(4) === 0
    const change = () => {
      const kind = any(10)
      if (kind < 2) this.#move(region)
      else if (kind === 2) region.setEnabled(!region.enabled)
      else if (kind === 3 && region.block !== undefined) {
        const client = CLIENTS[any(3)] as DirtyClient
        region.setLog(client, (region.dirtyLogMask & client) === 0)
      } else if (kind === 4 && region.kind === 'romDevice') region.setRomdMode(!region.romdMode)
      else if (kind === 5) region.setReadonly(!region.readonly)
      else if (kind === 6) this.#aliases[any(this.#aliases.length)]?.setAliasOffset(PAGE * any(2) + 16 * any(2))
      else if (kind === 7) this.#logAll()
      else if (kind === 8) this.#share()
      else this.#grows.grow(this.#grows.bytes + (any(2) === 0 ? 0 : 65_536))
      if (within) this.access(80)
    }
    if (within) MemoryRegion.transaction(change)
    else change()
  }

  /** Accesses of all kinds, at few places, so that most are made again. */
  access(count: number): void {
    for (let i = 0; i < count; i++) this.#accessOnce()
  }

  #add(region: MemoryRegion): void {
    this.#regions.push(region)
    for (const { block, start } of region.backing) {
      if (block.ram.allocated === false) continue
      const bytes = block.view()
      for (let at = 0; at < bytes.length; at++) bytes[at] = this.#any(256) + start
    }
    this.root.addSubregion(this.#place(), region, this.#any(3))
  }

  #place(): number {
    const any = this.#any
    return (BASES[any(BASES.length)] as number) + PAGE * any(3) + (SHIFTS[any(SHIFTS.length)] as number)
  }

  #move(region: MemoryRegion): void {
    if (region.container === undefined) this.root.addSubregion(this.#place(), region, this.#any(3))
    else if (this.#any(3) === 0) this.root.removeSubregion(region)
    else region.setAddress(this.#place())
  }

  #logAll(): void {
    this.#logsAll = !this.#logsAll
    if (this.#logsAll) startGlobalDirtyLog()
    else stopGlobalDirtyLog()
  }

  /** Other threads have the shared guest RAM from here on, and one of them begins to log all memory, or ends it. */
  #share(): void {
    GuestRam.attach(this.#shared.handle)
    const on = this.#others === 0 || this.#any(2) === 0
    if (!on) this.#others--
    else this.#others++
    // As another thread would do it: nobody in this one is told.
    const words = this.#shared.dirty.words
    Atomics.add(words, 1, on ? 1 : -1)
    Atomics.add(words, 0, on ? 1 : -1)
  }

  #ops(name: string): MemoryRegionOps {
    return {
      read: (offset, size) => {
        this.#calls.push([name, offset, size, 0])
        return (offset * 0x0101_0101 + size) >>> 0
      },
      write: (offset, value, size) => {
        this.#calls.push([name, offset, size, value])
      },
      valid: { maxSize: 4, unaligned: true },
      impl: { unaligned: true },
      endianness: 'little',
    }
  }

  #accessOnce(): void {
    const any = this.#any
    const space = this.spaces[any(3)] as AddressSpace
    const ranges = space.view.ranges
    const range = ranges[any(ranges.length)]
    // Most of them in a range or about its ends.
    const at = any(4) === 0 ? any(PAGE) : (any(40) + 1) * 4 - (any(8) === 0 ? any(12) : 0)
    const first = range === undefined || any(10) === 0 ? this.#place() : any(2) === 0 ? range.start : range.end - 200
    const address = Math.max(0, Math.min(first + at - 8 * any(2), 2 ** 53 - 16))
    const size = [1, 2, 4, 4, 8, 8][any(6)] as number
    if (any(2) === 0) this.#load(space, address, size)
    else this.#store(space, address, size)
  }

  #load(space: AddressSpace, address: number, size: number): void {
    const due = this.#due(space, address, size)
    this.#calls.length = 0
    const got =
      size === 1
        ? BigInt(space.load8(address))
        : size === 2
          ? BigInt(space.load16(address))
          : size === 4
            ? BigInt(space.load32(address))
            : this.#any(2) === 0
              ? space.load64(address)
              : BigInt(space.load64Pair(address)) | (BigInt(space.high) << 32n)
    const what = `load${8 * size} at ${address.toString(16)} of ${space.name}`
    same(what, [got, space.result, ...this.#calls], [due.value, due.result, ...due.calls])
  }

  #store(space: AddressSpace, address: number, size: number): void {
    const any = this.#any
    const low = any(2 ** 32)
    const high = any(2 ** 32)
    const value = BigInt.asUintN(8 * size, (BigInt(high) << 32n) | BigInt(low))
    const range = space.view.find(address)
    const place = memoryAt(range, address)
    const before = place?.block.view(place.at, Math.min(size, place.left)).slice()
    if (place) for (const client of CLIENTS) testAndClearDirty(place.block, 0, place.block.size, client)
    const due = this.#dueStore(range, address, size, value, space)
    this.#calls.length = 0
    if (size === 1) space.store8(address, low)
    else if (size === 2) space.store16(address, low)
    else if (size === 4) space.store32(address, low)
    else if (any(2) === 0) space.store64(address, value)
    else space.store64Pair(address, low, high)
    const what = `store${8 * size} at ${address.toString(16)} of ${space.name}`
    same(what, [space.result, ...this.#calls], [due.result, ...due.calls])
    if (place === undefined || range === undefined) return
    const stored = [...place.block.view(place.at, Math.min(size, place.left))]
    const bytes = Array.from({ length: size }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn))
    if (space.endian === 'big') bytes.reverse()
    same(what, stored, due.stores ? bytes.slice(0, stored.length) : [...(before as Uint8Array)])
    const global = place.block.ram === this.#shared && this.#others > 0 ? DirtyClient.MIGRATION : 0
    const mask = due.stores ? range.region.dirtyLogMask | global : 0
    const marked = CLIENTS.filter(client =>
      testAndClearDirty(place.block, place.at, Math.min(size, place.left), client),
    )
    same(
      what,
      marked,
      CLIENTS.filter(client => (mask & client) !== 0),
    )
  }

  #due(space: AddressSpace, address: number, size: number) {
    const range = space.view.find(address)
    const place = memoryAt(range, address)
    const isRead = range !== undefined && (range.region.kind !== 'romDevice' || range.romd)
    if (
      range !== undefined &&
      place !== undefined &&
      isRead &&
      (place.left >= size || range.region.kind !== 'romDevice')
    ) {
      if (place.left < size) return { value: 0n, result: MemTxResult.DECODE_ERROR, calls: [] }
      const bytes = [...place.block.view(place.at, size)]
      if (space.endian === 'little') bytes.reverse()
      return { value: bytes.reduce((all, byte) => (all << 8n) | BigInt(byte), 0n), result: OK, calls: [] }
    }
    if (range === undefined || size === 8) return { value: 0n, result: MemTxResult.DECODE_ERROR, calls: [] }
    const offset = range.offset + (address - range.start)
    const raw = BigInt.asUintN(8 * size, BigInt(offset) * 0x0101_0101n + BigInt(size))
    const value = space.endian === 'little' ? raw : reversed(raw, size)
    return { value, result: OK, calls: [[range.region.name, offset, size, 0]] }
  }

  #dueStore(range: FlatRange | undefined, address: number, size: number, value: bigint, space: AddressSpace) {
    const refused = { stores: false, result: MemTxResult.DECODE_ERROR, calls: [] as Call[] }
    if (range === undefined) return refused
    const place = memoryAt(range, address)
    if (place !== undefined && range.region.kind !== 'romDevice')
      return place.left < size || range.rom ? refused : { stores: true, result: OK, calls: [] }
    if (size === 8 || (range.rom && range.region.kind !== 'romDevice' && range.region.kind !== 'io')) return refused
    const offset = range.offset + (address - range.start)
    const given = Number(space.endian === 'little' ? value : reversed(value, size))
    return { stores: false, result: OK, calls: [[range.region.name, offset, size, given]] }
  }
}

/** As `expect` has it, which takes many times as long. */
function same(what: string, got: readonly unknown[], due: readonly unknown[]): void {
  if (String(got) !== String(due)) expect([what, ...got]).toEqual([what, ...due])
}

function reversed(value: bigint, size: number): bigint {
  let all = 0n
  for (let i = 0; i < size; i++) all = (all << 8n) | ((value >> BigInt(8 * i)) & 0xffn)
  return all
}

/** The block that holds an address of a range, where in it, and how many bytes are left of both. */
function memoryAt(
  range: FlatRange | undefined,
  address: number,
): { block: RamBlock; at: number; left: number } | undefined {
  if (range === undefined) return undefined
  const offset = range.offset + (address - range.start)
  const backing = range.region.backing.findLast(({ start }) => start <= offset)
  if (backing === undefined) return undefined
  const at = offset - backing.start
  return { block: backing.block, at, left: Math.min(backing.block.size - at, range.end - address) }
}
