import {
  AddressSpace,
  atomicAdd32,
  atomicAdd64,
  atomicCompareExchange32,
  atomicMaxUnsigned32,
  GuestRam,
  MemoryRegion,
  type RamBlock,
} from 'guestmem'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { EXCLUSIVE, FENCE } from '../../src/ram/dirty/dirty-bitmaps.ts'
import { PAGE } from '../support/board.ts'
import { atomic, SIZES } from './support/operations.ts'

afterEach(() => vi.restoreAllMocks())

/** RAM that other threads have. */
function shared(bytes = PAGE): RamBlock {
  const ram = GuestRam.allocate(bytes)
  expect(ram.handle).toBeDefined()
  return ram.block('block', bytes)
}

const spaceOf = (block: RamBlock, endian: 'little' | 'big' = 'little') =>
  new AddressSpace('space', MemoryRegion.ram('ram', block), { endian })
const isHeld = ({ ram }: RamBlock): boolean => Atomics.load(ram.logs, EXCLUSIVE) !== 0

describe('while another thread makes an exclusive access', () => {
  test.each(SIZES.flatMap(size => [8, 13].map(at => [size, at] as const)))(
    'I5 one of %i bytes at %i waits for its end, and touches nothing until then',
    (size, at) => {
      const block = shared()
      const space = spaceOf(block)
      Atomics.store(block.ram.logs, EXCLUSIVE, 77)
      let waits = 0
      vi.spyOn(Atomics, 'wait').mockImplementation((() => {
        expect(block.view().some(byte => byte !== 0)).toBe(false)
        if (++waits === 3) Atomics.store(block.ram.logs, EXCLUSIVE, 0)
        return 'timed-out'
      }) as typeof Atomics.wait)
      expect([atomic(space, 'Add', size, at, 1n), space.result, waits]).toEqual([0n, 0, 3])
      expect([atomic(space, 'Add', size, at, 0n), isHeld(block)]).toEqual([1n, false])
    },
  )

  test.each([8, 13])('I5 that was ended within it, none hangs for it: at %i', at => {
    const block = shared()
    const space = spaceOf(block)
    Atomics.store(block.ram.logs, EXCLUSIVE, 77)
    expect([atomicAdd32(space, at, 5), space.load32(at), isHeld(block)]).toEqual([0, 5, false])
  })

  test('I5 also where a thread may not sleep, as a page may not', () => {
    const block = shared()
    const space = spaceOf(block)
    Atomics.store(block.ram.logs, EXCLUSIVE, 77)
    let waits = 0
    vi.spyOn(Atomics, 'wait').mockImplementation(() => {
      if (++waits === 3) Atomics.store(block.ram.logs, EXCLUSIVE, 0)
      throw new TypeError('Atomics.wait cannot be called in this context')
    })
    expect([atomicAdd32(space, 8, 5), space.load32(8), waits]).toEqual([0, 5, 3])
  })
})

test('I5 over a seam of two memories both are held, and given back; whatever lies on both sides', () => {
  const [one, two] = [shared(), shared()]
  const root = MemoryRegion.container('root', 64)
  // The same memory as the first, known as another object.
  const again = GuestRam.attach((one.ram as GuestRam).handle).blocks[0] as RamBlock
  root.addSubregion(0, MemoryRegion.ram('a', one))
  root.addSubregion(3, MemoryRegion.alias('b', MemoryRegion.ram('b', two), 0, 3))
  root.addSubregion(6, MemoryRegion.alias('c', MemoryRegion.ram('c', again), 64, 3))
  const space = new AddressSpace('space', root, { seams: 'split' })
  const held: boolean[][] = []
  const { compareExchange } = Atomics
  vi.spyOn(Atomics, 'compareExchange').mockImplementation(((...args: Parameters<typeof compareExchange>) => {
    if (args[0].buffer === one.ram.buffer) held.push([isHeld(one), isHeld(two)])
    return compareExchange(...args)
  }) as typeof compareExchange)
  expect([atomicAdd64(space, 1, 0x0102_0304_0506_0708n), space.result]).toEqual([0n, 0])
  vi.restoreAllMocks()
  expect(held.length).toBeGreaterThan(0)
  expect(held.every(([a, b]) => a && b)).toBe(true)
  expect([isHeld(one), isHeld(two), space.load64(1)]).toEqual([false, false, 0x0102_0304_0506_0708n])
})

describe('an atomic access of another thread that had begun before', () => {
  /** Makes `rival` right before the `nth` store of an access over two words. */
  function within(block: RamBlock, nth: number, rival: () => void, access: () => number): number {
    const { compareExchange } = Atomics
    let count = 0
    const spy = vi.spyOn(Atomics, 'compareExchange').mockImplementation(((
      ...args: Parameters<typeof compareExchange>
    ) => {
      if (args[0].buffer === block.ram.buffer && ++count === nth) rival()
      return compareExchange(...args)
    }) as typeof compareExchange)
    try {
      return access()
    } finally {
      spy.mockRestore()
    }
  }
  // The access is at 6: its low two bytes end the first word of 8 bytes, its high ones begin the second.
  const word = (block: RamBlock, at: number) => new Uint32Array(block.ram.buffer, block.offset, 16)[at / 4] as number
  const add = (block: RamBlock, at: number, value: number) => {
    Atomics.add(new Uint32Array(block.ram.buffer, block.offset, 16), at / 4, value)
  }

  test.each([
    [1, 4],
    [1, 8],
    [2, 8],
  ])('I5 before store %i, at %i: it is lost to none, and found', (nth, at) => {
    const block = shared()
    const space = spaceOf(block)
    space.store32(6, 0x1234_ffff)
    const found = within(
      block,
      nth,
      () => add(block, at, at === 4 ? 1 : 0x10000),
      () => atomicAdd32(space, 6, 2),
    )
    // In the word at 4 the access has the two bytes from the third on: a carry goes up as ever.
    expect(found).toBe(0x1234_ffff)
    expect(space.load32(6)).toBe(0x1235_0001)
    expect([word(block, 4) & 0xffff, word(block, 8) >>> 16]).toEqual(at === 4 ? [1, 0] : [0, 1])
  })

  test('I5 a sum that both change has both', () => {
    const block = shared()
    const space = spaceOf(block)
    space.store32(6, 0x1234_ffff)
    expect(
      within(
        block,
        2,
        () => add(block, 8, 5),
        () => atomicAdd32(space, 6, 2),
      ),
    ).toBe(0x1239_ffff)
    expect(space.load32(6)).toBe(0x123a_0001)
  })

  test('I5 a comparison that it makes come out otherwise is taken back', () => {
    const block = shared()
    const space = spaceOf(block)
    space.store32(6, 0x0001_0002)
    const access = () => atomicCompareExchange32(space, 6, 0x0001_0002, 0x7777_8888)
    expect(within(block, 2, () => add(block, 8, 1), access)).toBe(0x0002_0002)
    expect(space.load32(6)).toBe(0x0002_0002)
    const max = () => atomicMaxUnsigned32(space, 6, 0x0002_8888)
    expect(within(block, 2, () => add(block, 8, 1), max)).toBe(0x0003_0002)
    expect(space.load32(6)).toBe(0x0003_0002)
  })

  test('I5 big-endian, the highest bits are in the first word', () => {
    const block = shared()
    const space = spaceOf(block, 'big')
    space.store32(6, 0x1234_ffff)
    expect(
      within(
        block,
        2,
        () => add(block, 4, 0x0100_0000),
        () => atomicAdd32(space, 6, 2),
      ),
    ).toBe(0x1235_ffff)
    expect(space.load32(6)).toBe(0x1236_0001)
  })
})

test('the words for the lock and for fences are in no bitmap, and fences have a cache line of their own', () => {
  expect(FENCE * 4).toBeGreaterThanOrEqual((EXCLUSIVE + 1) * 4)
  expect(Math.floor(FENCE / 16)).toBeGreaterThan(Math.floor(EXCLUSIVE / 16))
})
