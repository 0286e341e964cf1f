import fc from 'fast-check'
import {
  AddressSpace,
  GuestRam,
  type GuestRamOptions,
  MemoryRegion,
  MemTxAttrs,
  MemTxResult,
  type RamBlock,
  ramCopy,
  ramMove,
  SparseRam,
} from 'guestmem'
import { describe, expect, test } from 'vitest'
import { runs } from '../../support/campaign.ts'

const SIZE = 8192
const HALF = SIZE / 2

/** The bytes of a block, and the same bytes once more: through another buffer object, as a block or as a user's array. */
interface Twice {
  readonly block: RamBlock
  readonly again: RamBlock | Uint8Array
}

const OPTIONS: [string, GuestRamOptions][] = (['wasm', 'script'] as const).flatMap(lane =>
  (['host', 'language'] as const).map((order): [string, GuestRamOptions] => [
    `${lane}, ${order} order`,
    { lane, order },
  ]),
)

/** Behind another block, so that an offset that is left out or taken twice shows. */
function allocate(options: GuestRamOptions): { ram: GuestRam; block: RamBlock } {
  const ram = GuestRam.allocate(65536, options)
  ram.block('first', 5000)
  return { ram, block: ram.block('block', SIZE) }
}

const view = (buffer: ArrayBufferLike, block: RamBlock) => new Uint8Array(buffer, block.offset, block.size)
const wrapOf = (buffer: SharedArrayBuffer, options: GuestRamOptions) => {
  const ram = GuestRam.wrap(buffer, { ...options, lane: 'script' })
  ram.block('first', 5000)
  return ram.block('block', SIZE)
}

const KINDS: Record<string, (options: GuestRamOptions) => Twice> = {
  'a clone of the handle, attached'(options) {
    const { ram, block } = allocate(options)
    return { block, again: GuestRam.attach(structuredClone(ram.handle), options).blocks[1] as RamBlock }
  },
  'a clone of a clone'(options) {
    const { ram, block } = allocate(options)
    const there = GuestRam.attach(structuredClone(ram.handle), options)
    return { block, again: GuestRam.attach(structuredClone(there.handle), options).blocks[1] as RamBlock }
  },
  'the buffer of a handle that was cloned, as an array'(options) {
    const { ram, block } = allocate(options)
    return { block, again: view(structuredClone(ram.handle).buffer, block) }
  },
  'a clone of the buffer, as an array'(options) {
    const { ram, block } = allocate(options)
    return { block, again: view(structuredClone(ram.buffer), block) }
  },
  "the memory's buffer after it grew, as an array"(options) {
    const { ram, block } = allocate(options)
    const memory = ram.handle.memory as WebAssembly.Memory
    memory.grow(1)
    return { block, again: view(memory.buffer, block) }
  },
  'the handle attached after the memory grew'(options) {
    const { ram, block } = allocate(options)
    ram.handle.memory?.grow(1)
    return { block, again: GuestRam.attach(ram.handle, options).blocks[1] as RamBlock }
  },
  'the buffer from before the memory grew, to who attached later'(options) {
    const { ram, block } = allocate(options)
    ram.handle.memory?.grow(1)
    const there = GuestRam.attach(structuredClone(ram.handle), options).blocks[1] as RamBlock
    return { block: there, again: view(ram.buffer, block) }
  },
  'a clone of the buffer, wrapped'(options) {
    const { ram, block } = allocate(options)
    return { block, again: wrapOf(structuredClone(ram.buffer), options) }
  },
  'two wraps of one buffer'(options) {
    const buffer = new SharedArrayBuffer(65536)
    return { block: wrapOf(buffer, options), again: wrapOf(structuredClone(buffer), options) }
  },
  'two wraps of a buffer that grows'(options) {
    const Growable = SharedArrayBuffer as unknown as new (
      bytes: number,
      options: { maxByteLength: number },
    ) => SharedArrayBuffer & { grow(bytes: number): void }
    const buffer = new Growable(20000, { maxByteLength: 65536 })
    const block = wrapOf(buffer, options)
    buffer.grow(40000)
    return { block, again: wrapOf(structuredClone(buffer), options) }
  },
  'a handle of sparse RAM'(options) {
    const sparse = new SparseRam(options)
    const [, block] = [...sparse.blocks('first', 5000), ...sparse.blocks('block', SIZE)] as [RamBlock, RamBlock]
    const there = GuestRam.attach(structuredClone(sparse.handleOf(block)), options)
    return { block, again: there.blocks[1] as RamBlock }
  },
}

const move = fc
  .tuple(fc.nat(SIZE), fc.oneof(fc.nat(40), fc.nat(SIZE)), fc.boolean(), fc.oneof(fc.nat(70), fc.nat(SIZE)))
  .map(([src, distance, up, asked]) => {
    const dst = Math.min(Math.max(up ? src + distance : src - distance, 0), SIZE)
    return { dst, src, length: Math.min(asked, SIZE - src, SIZE - dst) }
  })

/** Runs a move, and says at which byte the memory is not what memmove makes of it. */
function wrongAt(block: RamBlock, dst: number, src: number, length: number, run: () => void): number {
  const bytes = block.view()
  for (let i = 0; i < SIZE; i++) bytes[i] = (i * 167 + (i >> 8) * 31 + 13) & 0xff
  const due = bytes.slice().copyWithin(dst, src, src + length)
  run()
  return Buffer.compare(bytes, due) === 0 ? -1 : bytes.findIndex((byte, at) => byte !== due[at])
}

describe.each(OPTIONS)('the same memory through another buffer, %s', (_name, options) => {
  test.each(Object.keys(KINDS))('%s', kind => {
    const { block, again } = (KINDS[kind] as (typeof KINDS)[string])(options)
    const array = again instanceof Uint8Array ? again : again.view()
    const space = new AddressSpace('space', MemoryRegion.ram('ram', block))
    // The first array from a buffer has no views yet, and so another way than the second.
    const ways: Record<string, (dst: number, src: number, length: number) => void> = {
      'ramMove to the block': (dst, src, length) => ramMove(block, dst, again, src, length),
      'ramMove from the block': (dst, src, length) => ramMove(again, dst, block, src, length),
      'ramCopy to the block': (dst, src, length) => ramCopy(block, dst, array, src, length),
      'ramCopy from the block': (dst, src, length) => ramCopy(array, dst, block, src, length),
      write: (dst, src, length) => space.write(dst, array.subarray(src, src + length)),
      read: (dst, src, length) => space.read(src, array.subarray(dst, dst + length)),
      'a relaxed write': (dst, src, length) => space.write(dst, array.subarray(src, src + length), MemTxAttrs.RELAXED),
      'a relaxed read': (dst, src, length) => space.read(src, array.subarray(dst, dst + length), MemTxAttrs.RELAXED),
    }
    if (!(again instanceof Uint8Array)) {
      const other = new AddressSpace('other', MemoryRegion.ram('ram', again))
      ways['copy of one space to another'] = (dst, src, length) =>
        expect(space.copy(dst, other, src, length)).toBe(MemTxResult.OK)
      ways['a relaxed copy'] = (dst, src, length) => other.copy(dst, space, src, length, MemTxAttrs.RELAXED)
    }
    for (const [name, way] of Object.entries(ways)) {
      // The case that was lost: up by 10, so that 1,990 of 2,000 bytes come from what is overwritten.
      expect([name, wrongAt(block, 110, 100, 2000, () => way(110, 100, 2000))]).toEqual([name, -1])
      fc.assert(
        fc.property(move, ({ dst, src, length }) => {
          const at = wrongAt(block, dst, src, length, () => way(dst, src, length))
          if (at !== -1) expect.fail(`${name}: ${length} bytes from ${src} to ${dst} are wrong at ${at}`)
        }),
        runs(60),
      )
    }
  })
})

describe('where the memory is known to be another, nothing is kept aside', () => {
  const limit = { scratchLimit: 0 } as const
  const known: Record<string, () => readonly [RamBlock, RamBlock | Uint8Array]> = {
    'two guest RAMs': () => [
      GuestRam.allocate(65536, limit).block('a', SIZE),
      GuestRam.allocate(65536).block('b', SIZE),
    ],
    'two that were attached': () => [
      GuestRam.attach(structuredClone(allocate({}).ram.handle), limit).blocks[1] as RamBlock,
      GuestRam.attach(structuredClone(allocate({}).ram.handle)).blocks[1] as RamBlock,
    ],
    "a shared buffer that is smaller than the guest RAM's": () => [
      GuestRam.allocate(65536, limit).block('a', SIZE),
      new Uint8Array(new SharedArrayBuffer(SIZE)),
    ],
    'an array that nobody shares': () => [
      GuestRam.allocate(65536, limit).block('a', SIZE),
      new Uint8Array(new ArrayBuffer(1 << 20), 0, SIZE),
    ],
  }
  test.each(Object.keys(known))('%s', kind => {
    const [block, other] = (known[kind] as (typeof known)[string])()
    const from = other instanceof Uint8Array ? other : other.view()
    for (let i = 0; i < SIZE; i++) from[i] = (i * 31 + 7) & 0xff
    for (const [dst, src, length] of [
      [110, 100, 2000],
      [1100, 100, 2000],
    ] as const) {
      block.view().fill(0)
      ramMove(block, dst, other, src, length)
      expect(Buffer.compare(block.view(dst, length), from.slice(src, src + length))).toBe(0)
      ramMove(block, src, other, src, length)
      if (!(other instanceof Uint8Array)) continue
      from.fill(0, dst, dst + length)
      ramMove(other, dst, block, src, length)
      expect(Buffer.compare(from.slice(dst, dst + length), block.view(src, length))).toBe(0)
    }
  })
})

describe('where it may be the same, the scratch limit holds', () => {
  test.each(['wasm', 'script'] as const)('lane %s', lane => {
    const refusing = GuestRam.allocate(65536, { lane, scratchLimit: 9 })
    const block = refusing.block('block', SIZE)
    const again = new Uint8Array(structuredClone(refusing.buffer))
    expect(wrongAt(block, 9, 0, 100, () => ramMove(block, 9, again, 0, 100))).toBe(-1)
    const before = block.view().slice()
    const over = /^length and distance .* need 10 bytes of scratch, over the limit of 9/
    expect(() => ramMove(block, 10, again, 0, 100)).toThrow(over)
    expect(() => ramMove(again, 10, block, 0, 100)).toThrow(over)
    expect(Buffer.compare(block.view(), before)).toBe(0)
    const backwards = GuestRam.attach(refusing.handle, { lane, scratchLimit: 9, beyondScratch: 'backwards' })
    const there = backwards.blocks[0] as RamBlock
    expect(wrongAt(there, 10, 0, 100, () => ramMove(there, 10, again, 0, 100))).toBe(-1)
    expect(wrongAt(there, 70, 0, 100, () => ramMove(again, 70, there, 0, 100))).toBe(-1)
  })
})

describe('a copy of several pieces, between spaces that show the same memory through two buffers', () => {
  test.each(['a clone of the handle, attached', 'two wraps of one buffer'])('%s', kind => {
    const { block, again } = (KINDS[kind] as (typeof KINDS)[string])({})
    const space = (name: string, shown: RamBlock) => {
      const ram = MemoryRegion.ram(name, shown)
      const root = MemoryRegion.container(name, SIZE)
      // The halves change places, so that a copy across their border is of two pieces, or three.
      root.addSubregion(0, MemoryRegion.alias(`${name} 0`, ram, HALF, HALF))
      root.addSubregion(HALF, MemoryRegion.alias(`${name} 1`, ram, 0, HALF))
      return new AddressSpace(name, root)
    }
    const [to, from] = [space('to', block), space('from', again as RamBlock)]
    const all = () => {
      const bytes = new Uint8Array(SIZE)
      to.read(0, bytes)
      return bytes
    }
    fc.assert(
      fc.property(
        fc.integer({ min: HALF - 2000, max: HALF }),
        fc.integer({ min: -3000, max: 3000 }),
        (src, distance) => {
          const dst = Math.max(src + distance, 0)
          const length = Math.min(2000, SIZE - src, SIZE - dst)
          for (let i = 0; i < SIZE; i++) block.view()[i] = (i * 167 + (i >> 8) * 31 + 13) & 0xff
          const due = all().copyWithin(dst, src, src + length)
          expect(to.copy(dst, from, src, length)).toBe(MemTxResult.OK)
          if (Buffer.compare(all(), due) !== 0) expect.fail(`${length} bytes from ${src} to ${dst} are wrong`)
        },
      ),
      runs(300),
    )
  })
})

test('ramCopy tells of an overlap of blocks that two guest RAMs of one buffer have', () => {
  const { ram, block } = allocate({})
  const again = GuestRam.attach(ram.handle).blocks[1] as RamBlock
  expect(() => ramCopy(block, 4, again, 0, 8)).toThrow(/^dst and src overlap: 8 bytes at dstOffset 4 and srcOffset 0/)
  ramCopy(block, 8, again, 0, 8)
})
