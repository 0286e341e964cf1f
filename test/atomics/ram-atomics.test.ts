import fc from 'fast-check'
import {
  AddressSpace,
  DirtyClient,
  GuestRam,
  isDirty,
  MemoryRegion,
  SparseRam,
  startGlobalDirtyLog,
  stopGlobalDirtyLog,
} from 'guestmem'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { PAGE } from '../support/board.ts'
import { LONG, runs } from '../support/campaign.ts'
import {
  atomic,
  bytesOf,
  expectedBytes,
  numberOf,
  OPERATIONS,
  type OperationName,
  SIZES,
  type Size,
} from './support/operations.ts'

/** Guest RAM of each kind, of a page. */
const MEMORIES = {
  'host order': () => GuestRam.allocate(PAGE, { order: 'host' }),
  'language order': () => GuestRam.allocate(PAGE, { order: 'language' }),
  script: () => GuestRam.allocate(PAGE, { lane: 'script' }),
  private: () => GuestRam.allocate(PAGE, { shared: false }),
  'a growable memory': () => GuestRam.wrap(new WebAssembly.Memory({ initial: 1, maximum: 4 }), { bytes: PAGE }),
  'a buffer of odd length': () => GuestRam.wrap(new SharedArrayBuffer(PAGE - 1)),
  'a private buffer of odd length': () => GuestRam.wrap(new ArrayBuffer(PAGE - 3)),
  'shared by threads': () => {
    const ram = GuestRam.allocate(PAGE)
    return GuestRam.attach(ram.handle)
  },
} as const

const values = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.constantFrom(
    0n,
    1n,
    0x7fn,
    0x80n,
    0xffn,
    0x7fffn,
    0x8000n,
    0xffffn,
    2n ** 31n,
    2n ** 32n - 1n,
    2n ** 63n,
    2n ** 64n - 1n,
  ),
)

interface Access {
  readonly operation: OperationName
  readonly size: Size
  readonly at: number
  readonly operand: bigint
  readonly expected: bigint | 'found'
  readonly pair: boolean
}

const accesses: fc.Arbitrary<Access> = fc.record({
  operation: fc.constantFrom(...OPERATIONS),
  size: fc.constantFrom(...SIZES),
  at: fc.oneof(fc.nat(24), fc.integer({ min: -12, max: -1 })),
  operand: values,
  expected: fc.oneof(values, fc.constant('found' as const)),
  pair: fc.boolean(),
})

describe.each(Object.keys(MEMORIES) as (keyof typeof MEMORIES)[])('in RAM: %s', name => {
  test.each(['little', 'big'] as const)('%s-endian: what bytes become, one by one', endian => {
    fc.assert(
      fc.property(
        fc.array(accesses, { minLength: 1, maxLength: 12, ...LONG }),
        fc.infiniteStream(fc.nat(255)),
        (list, noise) => {
          const ram = MEMORIES[name]()
          const block = ram.block('ram', ram.bytes)
          const space = new AddressSpace('space', MemoryRegion.ram('ram', block), { endian })
          const bytes = [...block.view()].map(() => noise.next().value)
          for (const [at, byte] of bytes.entries()) block.view()[at] = byte
          for (const { operation, size, at, operand, expected: wanted, pair } of list) {
            const address = at < 0 ? ram.bytes + at : at
            const inside = address + size <= ram.bytes
            const now = bytes.slice(address, address + size)
            if (endian === 'big') now.reverse()
            const expected = wanted === 'found' ? numberOf(now) : BigInt.asUintN(8 * size, wanted)
            const before = atomic(space, operation, size, address, BigInt.asUintN(8 * size, operand), expected, {
              pair: pair && size === 8,
            })
            expect([before, space.result]).toEqual(inside ? [numberOf(now), 0] : [0n, 2])
            if (!inside) continue
            const next = expectedBytes(operation, now, bytesOf(operand, size), bytesOf(expected, size))
            if (endian === 'big') next.reverse()
            bytes.splice(address, size, ...next)
          }
          expect(Buffer.compare(block.view(), Uint8Array.from(bytes))).toBe(0)
        },
      ),
      runs(150),
    )
  })
})

describe('of what a host does', () => {
  afterEach(() => vi.restoreAllMocks())

  const made = (endian: 'little' | 'big') => {
    const ram = GuestRam.allocate(PAGE)
    return new AddressSpace('space', MemoryRegion.ram('ram', ram.block('ram', PAGE)), { endian })
  }
  const NATIVE: Readonly<Record<string, string>> = {
    CompareExchange: 'compareExchange',
    Exchange: 'exchange',
    Add: 'add',
    And: 'and',
    Or: 'or',
    Xor: 'xor',
  }
  const rows = (['little', 'big'] as const).flatMap(endian =>
    SIZES.flatMap(size => OPERATIONS.map(operation => [operation, size, endian] as const)),
  )

  test.each(rows)(
    'I5 %s of %i bytes, %s-endian: one atomic access of the host, and no plain one',
    (operation, size, endian) => {
      const space = made(endian)
      atomic(space, operation, size, 64, 5n, 0n)
      const swapped = endian === 'big' && size > 1
      const tried = NATIVE[operation] === undefined || (operation === 'Add' && swapped)
      const names = ['load', 'compareExchange', 'exchange', 'add', 'and', 'or', 'xor', 'sub', 'store'] as const
      const spies = names.map(each => vi.spyOn(Atomics, each as 'add'))
      atomic(space, operation, size, 64, 3n, 5n)
      const calls = Object.fromEntries(
        names.map((each, i) => [each, spies[i]?.mock.calls.length]).filter(([, n]) => n !== 0),
      )
      expect(calls).toEqual(tried ? { load: 1, compareExchange: 1 } : { [NATIVE[operation] as string]: 1 })
    },
  )

  test.each(SIZES)('I5 of %i bytes: where another thread is quicker, it is tried again', size => {
    for (const operation of ['MaxUnsigned', ...(size > 1 ? (['Add'] as const) : [])] as const) {
      const space = made('big')
      atomic(space, 'Exchange', size, 8, 10n)
      const { compareExchange } = Atomics
      let rivals = 3
      vi.spyOn(Atomics, 'compareExchange').mockImplementation(((...args: Parameters<typeof compareExchange>) => {
        if (rivals-- > 0) atomic(space, 'Xor', size, 8, 1n)
        return compareExchange(...args)
      }) as typeof compareExchange)
      // What it found is what the last of the rivals left.
      expect(atomic(space, operation, size, 8, 100n)).toBe(11n)
      vi.restoreAllMocks()
      expect(atomic(space, 'Or', size, 8, 0n)).toBe(operation === 'Add' ? 111n : 100n)
    }
  })
})

describe('dirty pages', () => {
  const { VGA, MIGRATION } = DirtyClient

  test('I4, I5 what is stored is marked, of each size, aligned or not; of a comparison that fails, nothing', () => {
    for (const size of SIZES) {
      for (const operation of OPERATIONS) {
        for (const at of [PAGE + 16, 2 * PAGE - 1, 2 * PAGE - size]) {
          const ram = GuestRam.allocate(4 * PAGE)
          const block = ram.block('ram', 4 * PAGE)
          const region = MemoryRegion.ram('ram', block)
          const space = new AddressSpace('space', region)
          region.setLog(VGA, true)
          const marked = () => [0, 1, 2, 3].map(page => Number(isDirty(block, page * PAGE, PAGE, VGA))).join('')
          if (operation === 'CompareExchange') {
            atomic(space, operation, size, at, 1n, 9n)
            expect(marked()).toBe('0000')
          }
          atomic(space, operation, size, at, 1n, 0n)
          expect([operation, size, at, marked()]).toEqual([operation, size, at, at + size > 2 * PAGE ? '0110' : '0100'])
        }
      }
    }
  })

  test('F2 who logs all memory gets them, too', () => {
    const ram = GuestRam.allocate(PAGE)
    const block = ram.block('ram', PAGE)
    const space = new AddressSpace('space', MemoryRegion.ram('ram', block))
    startGlobalDirtyLog()
    try {
      atomic(space, 'Add', 4, 0, 1n)
      expect(isDirty(block, 0, 4, MIGRATION)).toBe(true)
    } finally {
      stopGlobalDirtyLog()
    }
  })
})

test('RAM that is allocated as it is used', () => {
  const sparse = new SparseRam()
  const blocks = sparse.blocks('ram', PAGE)
  const space = new AddressSpace('space', MemoryRegion.ram('ram', blocks))
  expect(atomic(space, 'Add', 4, 8, 5n)).toBe(0n)
  expect(space.load32(8)).toBe(5)
  expect(atomic(space, 'Add', 4, 9, 0x100n)).toBe(0n)
  expect(atomic(space, 'Add', 4, 8, 0n)).toBe(0x1_0005n)
})

test('private memory that has grown', () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 8 })
  const ram = GuestRam.wrap(memory)
  const space = new AddressSpace('space', MemoryRegion.ram('ram', ram.block('ram', PAGE)))
  for (const size of SIZES) atomic(space, 'Add', size, 64, 1n)
  memory.grow(1)
  for (const size of SIZES) atomic(space, 'Add', size, 64, 1n)
  memory.grow(1)
  expect(atomic(space, 'Add', 4, 62, 0n)).toBe(8n << 16n)
  expect(new Uint8Array(memory.buffer)[64]).toBe(8)
})

test('an address above 2^32, and behind 2^53 nothing', () => {
  const ram = GuestRam.allocate(PAGE)
  const root = MemoryRegion.container('root', 2 ** 53)
  root.addSubregion(2 ** 52, MemoryRegion.ram('ram', ram.block('ram', PAGE)))
  const space = new AddressSpace('space', root)
  for (const size of SIZES) expect(atomic(space, 'Add', size, 2 ** 52 + 8, 1n)).toBe(BigInt(SIZES.indexOf(size)))
  expect(() => atomic(space, 'Add', 4, 2 ** 53, 1n)).toThrow(RangeError)
})

describe('unaligned accesses that a guest RAM refuses', () => {
  test('S6 are rejected, as loads are', () => {
    const ram = GuestRam.allocate(PAGE, { order: 'language', unaligned: 'refuse' })
    const space = new AddressSpace('space', MemoryRegion.ram('ram', ram.block('ram', PAGE)))
    space.load32(6)
    const { result } = space
    expect([atomic(space, 'Add', 4, 6, 1n), space.result]).toEqual([0n, result])
    expect([atomic(space, 'Add', 4, 8, 1n), space.result]).toEqual([0n, 0])
  })
})
