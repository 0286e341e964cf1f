import fc from 'fast-check'
import {
  AddressSpace,
  atomicAdd32,
  atomicAdd64,
  type CacheMode,
  GuestRam,
  MemoryRegion,
  MemoryRegionCache,
  MemTxAttrs,
  type RamBlock,
  ramCopy,
  ramFill,
  ramMove,
  readl,
  readq,
  writel,
  writeq,
} from 'guestmem'
import { expect, test } from 'vitest'
import { runs } from '../support/campaign.ts'

const PAGE = 4096
const MODES: readonly CacheMode[] = ['normal', 'writecombine', 'noncached', 'device']

// A private WebAssembly.Memory that grows empties all views of it. Whatever way comes first after that has to find the bytes.

/** Arrays of the user's: its own, one that other threads may see. */
const arrays: Record<string, (size: number) => Uint8Array> = {
  own: size => new Uint8Array(size),
  shared: size => new Uint8Array(new SharedArrayBuffer(size)),
}

interface Board {
  readonly ram: RamBlock
  readonly other: RamBlock
  readonly space: AddressSpace
  readonly beside: AddressSpace
}

function board(ram: RamBlock, cacheMode: CacheMode): Board {
  const other = GuestRam.allocate(PAGE, { shared: true }).block('other', PAGE)
  const space = new AddressSpace('space', MemoryRegion.ramDevice('ram', ram, { cacheMode }))
  const beside = new AddressSpace('beside', MemoryRegion.ram('other', other))
  return { ram, other, space, beside }
}

type Way = (board: Board, at: number, size: number, array: (size: number) => Uint8Array, attrs: MemTxAttrs) => unknown

const filled = (bytes: Uint8Array): Uint8Array => bytes.fill(0x5a)
const width = (size: number): number => (size < 4 ? 4 : 8)

/** What is done before the memory grows and after it: both must store the same, and give the same. */
const ways: Record<string, Way> = {
  write: ({ space }, at, size, array, attrs) => space.write(at, filled(array(size)), attrs),
  read: ({ space }, at, size, array, attrs) => {
    const bytes = array(size)
    return [space.read(at, bytes, attrs), [...bytes]]
  },
  fill: ({ space }, at, size, _array, attrs) => space.fill(at, 0x33, size, attrs),
  copy: ({ space }, at, size, _array, attrs) => space.copy(at, space, PAGE + 1, size, attrs),
  'copy without attributes': ({ space }, at, size) => space.copy(at, space, PAGE + 1, size),
  'copy of nothing': ({ space }) => space.copy(0, space, 0, 0),
  'copy in': ({ space, beside }, at, size, _array, attrs) => space.copy(at, beside, 3, size, attrs),
  'copy out': ({ space, beside, other }, at, size, _array, attrs) => [
    beside.copy(5, space, at, size, attrs),
    [...other.view(0, 80)],
  ],
  ramCopy: ({ ram }, at, size, array) => ramCopy(ram, at, filled(array(size)), 0, size),
  'ramCopy out': ({ ram }, at, size, array) => {
    const bytes = array(size)
    ramCopy(bytes, 0, ram, at, size)
    return [...bytes]
  },
  'ramCopy of another RAM': ({ ram, other }, at, size) => ramCopy(ram, at, other, 1, size),
  ramMove: ({ ram }, at, size) => ramMove(ram, at, ram, at + 1, size),
  ramFill: ({ ram }, at, size) => ramFill(ram, at, 0x44, size),
  writel: ({ ram }, at, size) => writel(ram, at, size),
  writeq: ({ ram }, at, size) => writeq(ram, at, BigInt(size)),
  readl: ({ ram }, at) => readl(ram, at),
  readq: ({ ram }, at) => readq(ram, at),
  store: ({ space }, at, size) => (width(size) === 4 ? space.store32(at, size) : space.store64(at, BigInt(size))),
  load: ({ space }, at, size) => (width(size) === 4 ? space.load32(at) : space.load64(at)),
  'load of a pair': ({ space }, at) => [space.load64Pair(at), space.high],
  cache: ({ space }, at, size, array) => {
    const cache = new MemoryRegionCache(space, at, 256, { write: true })
    const bytes = array(size)
    return [cache.write(0, filled(array(size))), cache.read(1, bytes), [...bytes], cache.load32(0)]
  },
  'atomic access': ({ space }, at) => [atomicAdd32(space, at - (at % 4), 7), atomicAdd64(space, at - (at % 8), 7n)],
  window: ({ space }, at, size) => {
    const lent = space.map(at, size, { write: true })
    lent?.bytes.fill(0x66)
    return [lent?.length, lent?.unmap()]
  },
}

// Few memories for all cases: each takes gigabytes of address space.
const boards = MODES.map(cacheMode => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 4096 })
  const grown = board(GuestRam.wrap(memory).block('ram', 2 * PAGE), cacheMode)
  const still = board(GuestRam.allocate(2 * PAGE, { shared: false }).block('ram', 2 * PAGE), cacheMode)
  return { memory, grown, still }
})
const pattern = Uint8Array.from({ length: 2 * PAGE }, (_, i) => i * 5 + 1)
/** What the memory holds; of it little is left after a failure to look through. */
const hex = (block: RamBlock): string => Buffer.from(block.view(0, 512)).toString('hex')

test.each(Object.keys(ways))('%s of private memory that has grown is what it was', name => {
  const way = ways[name] as Way
  fc.assert(
    fc.property(
      fc.constantFrom(...boards),
      fc.nat(300),
      fc.constantFrom(1, 2, 3, 4, 5, 8, 9, 16, 24, 25, 64),
      fc.constantFrom(...Object.keys(arrays)),
      fc.constantFrom(MemTxAttrs.UNSPECIFIED, MemTxAttrs.RELAXED),
      fc.integer({ min: 0, max: 3 }),
      ({ memory, grown, still }, at, size, kind, attrs, times) => {
        const array = arrays[kind] as (size: number) => Uint8Array
        const ends = [grown, still].map(each => {
          each.ram.view().set(pattern)
          each.other.view().set(pattern.subarray(0, PAGE))
          // The quick ways are taken by who comes again.
          for (let i = 0; i < times; i++) way(each, at, size, array, attrs)
          if (each === grown) memory.grow(1)
          const given = way(each, at, size, array, attrs)
          return [given, each.space.result, hex(each.ram), hex(each.other)]
        })
        expect(ends[0]).toEqual(ends[1])
      },
    ),
    runs(100),
  )
})
