import fc from 'fast-check'
import {
  AddressSpace,
  DirtyClient,
  MemoryRegion,
  type MemoryRegionOps,
  MemTxAttrs,
  MemTxResult,
  ScatterGatherList,
  testAndClearDirty,
} from 'guestmem'
import { describe, expect, test } from 'vitest'
import { block, PAGE } from '../support/board.ts'
import { LONG, runs } from '../support/campaign.ts'

const { OK, DECODE_ERROR, ACCESS_ERROR } = MemTxResult
const LIMIT = 2n ** 53n
/** RAM here, and there up to 2^53; a device that writes down its accesses. */
const HIGH = Number(LIMIT) - PAGE
const DEVICE = 0x10_0000

function board() {
  const root = MemoryRegion.container('root', 2 ** 64)
  const calls: string[] = []
  const device: MemoryRegionOps = {
    read: (offset, size) => {
      calls.push(`read ${size} at ${offset}`)
      return 0x7777_7777
    },
    write: (offset, _value, size) => void calls.push(`write ${size} at ${offset}`),
  }
  const [low, high] = [block(PAGE), block(PAGE)]
  root.addSubregion(0, MemoryRegion.ram('low', low))
  root.addSubregion(HIGH, MemoryRegion.ram('high', high))
  root.addSubregion(DEVICE, MemoryRegion.io('device', device, PAGE))
  const made = { space: new AddressSpace('space', root), low: low.view(), high: high.view(), calls }
  reset(made)
  return made
}

/** Its RAM holds what it did at first. */
function reset({ low, high }: Bytes): void {
  for (const at of low.keys()) {
    low[at] = (at * 3) | 1
    high[at] = (at * 5) | 2
  }
}

type Bytes = { low: Uint8Array; high: Uint8Array }
const isSame = (a: Bytes, b: Bytes) => Buffer.compare(a.low, b.low) === 0 && Buffer.compare(a.high, b.high) === 0

describe("a guest's numbers", () => {
  const past = [LIMIT, LIMIT + 1n, 2n ** 63n, 2n ** 64n - 1n, 2 ** 53, 2 ** 60]

  test.each(past)('what is at %s is nowhere: zero is read, what is written is dropped', address => {
    const { space, low } = board()
    const before = low.slice()
    const list = new ScatterGatherList().add(space, 0, 4).add(space, address, 8).add(space, 8, 4)
    expect([list.length, list.elements.map(element => element.address)]).toEqual([16, [0, 2 ** 53, 8]])
    const data = new Uint8Array(16).fill(0xaa)
    expect([list.read(0, data), list.result]).toEqual([0, DECODE_ERROR])
    expect([...data]).toEqual([...before.subarray(0, 4), ...new Array(8).fill(0), ...before.subarray(8, 12)])
    expect([list.write(0, new Uint8Array(16).fill(0x55)), list.result]).toEqual([0, DECODE_ERROR])
    expect([...low.subarray(0, 12)]).toEqual([
      ...new Array(4).fill(0x55),
      ...before.subarray(4, 8),
      ...new Array(4).fill(0x55),
    ])
    // The elements before and behind it are as they were.
    expect([list.read(0, new Uint8Array(4)), list.result]).toEqual([0, OK])
    expect([list.read(12, new Uint8Array(4)), list.result]).toEqual([0, OK])
  })

  test('a bigint below is a number, and goes on where the last element ends', () => {
    const { space, low } = board()
    const list = new ScatterGatherList().add(space, 4n, 4n).add(space, 8, 4n)
    expect(list.elements).toEqual([{ space, address: 4, length: 8 }])
    const data = new Uint8Array(8)
    expect([list.read(0, data), list.result, data]).toEqual([0, OK, low.slice(4, 12)])
  })

  test.each([2n ** 53n, 2n ** 64n - 1n, 2 ** 53, 2 ** 70])(
    'a length of %s makes the list as long as it can be',
    length => {
      const { space } = board()
      const list = new ScatterGatherList().add(space, 0, 4).add(space, 16, length)
      expect([list.length, list.elements[1]]).toEqual([2 ** 53 - 1, { space, address: 2 ** 53, length: 2 ** 53 - 5 }])
      expect([list.read(0, new Uint8Array(8)), list.result]).toEqual([0, DECODE_ERROR])
      expect(list.add(space, 0, 1).length).toBe(2 ** 53 - 1)
      expect(new ScatterGatherList().add(space, 0, 1).append(list).append(list).length).toBe(2 ** 53 - 1)
    },
  )

  test('lengths that are good each, and together more than 2^53', () => {
    const { space } = board()
    const list = new ScatterGatherList()
    for (let i = 0; i < 5; i++) list.add(space, i, 2 ** 52)
    expect([list.length, list.elements.map(({ address }) => address)]).toEqual([2 ** 53 - 1, [0, 2 ** 53]])
    expect([list.read(0, new Uint8Array(8)), list.result]).toEqual([0, OK])
  })

  /** Byte by byte: where it is, and nowhere past 2^53. */
  const element = fc.tuple(
    fc.oneof(
      fc.nat(PAGE + 40).map(BigInt),
      fc.bigInt({ min: LIMIT - 60n, max: LIMIT + 60n }),
      fc.constantFrom(2n ** 63n, 2n ** 64n - 8n),
      fc.nat(60).map(at => BigInt(DEVICE + at)),
    ),
    fc.nat(40),
  )
  const elements = fc.array(element, { maxLength: 7 })
  const listOf = (space: AddressSpace, list: readonly (readonly [bigint, number])[]) =>
    list.reduce(
      (made, [address, size], i) => made.add(space, i % 2 ? address : Number(address), size),
      new ScatterGatherList(),
    )
  const runOf = (list: readonly (readonly [bigint, number])[]) =>
    list.flatMap(([address, size], i) => {
      const start = i % 2 ? address : BigInt(Number(address))
      return Array.from({ length: size }, (_, at) => start + BigInt(at))
    })

  test('of any elements, read, write and copyFrom are as of each of their bytes alone', () => {
    // Made once: each is a reservation of address space.
    const [ours, reference] = [board(), board()]
    fc.assert(
      fc.property(elements, elements, fc.nat(200), fc.nat(200), fc.boolean(), (to, from, at, size, memory) => {
        reset(ours)
        reset(reference)
        const attrs = MemTxAttrs.of({ memory })
        const nowhere = memory ? ACCESS_ERROR : DECODE_ERROR
        const list = listOf(ours.space, to)
        const run = runOf(to)
        expect(list.length).toBe(run.length)
        const offset = Math.min(at, run.length)
        const covered = run.slice(offset, offset + size)
        const one = new Uint8Array(1)
        const load = (address: bigint): number => {
          one[0] = 0
          return address < LIMIT ? reference.space.read(Number(address), one, attrs) : nowhere
        }
        const store = (address: bigint): number =>
          address < LIMIT ? reference.space.write(Number(address), one, attrs) : nowhere

        const read = new Uint8Array(size).fill(0xaa)
        expect(list.read(offset, read, attrs)).toBe(size - covered.length)
        let result = 0
        for (const [i, address] of covered.entries()) {
          result |= load(address)
          expect(read[i]).toBe(one[0])
        }
        expect([list.result, read.subarray(covered.length).every(byte => byte === 0xaa)]).toEqual([result, true])

        const bytes = Uint8Array.from({ length: size }, (_, i) => i * 11 + 3)
        expect(list.write(offset, bytes, attrs)).toBe(size - covered.length)
        result = 0
        for (const [i, address] of covered.entries()) {
          one[0] = bytes[i] as number
          result |= store(address)
        }
        expect([list.result, isSame(ours, reference)]).toEqual([result, true])

        // Of pieces that overlap others the order counts; byte by byte it would be another.
        const apart = from.map(([address, length]): [bigint, number] => [address ^ 2048n, length])
        const source = listOf(ours.space, apart)
        const asked = BigInt(size) + (size % 2 === 0 ? 0n : 2n ** 40n)
        const length = size % 2 === 0 ? size : asked
        const most = Math.min(run.length - offset, runOf(apart).length, Number(asked))
        const targets = new Set(run.slice(offset, offset + most))
        if (targets.size < most || runOf(apart).some((address, i) => i < most && targets.has(address))) return
        expect(list.copyFrom(offset, source, 0, length, attrs)).toBe(Number(asked) - most)
        result = 0
        for (let i = 0; i < most; i++) {
          const target = run[offset + i] as bigint
          if (target < LIMIT) result |= load(runOf(apart)[i] as bigint)
          result |= store(target)
        }
        expect(isSame(ours, reference)).toBe(true)
        if (!memory) expect(list.result).toBe(result)
      }),
      runs(1500),
    )
  })

  test('a list that grows between accesses at any place is as one that was made at once', () => {
    const { space, low, high } = board()
    const step = fc.record({
      address: fc.integer({ min: 0, max: PAGE - 64 }),
      length: fc.integer({ min: 1, max: 64 }),
      offset: fc.nat(),
      bytes: fc.integer({ min: 1, max: 200 }),
    })
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 12, ...LONG }), steps => {
        reset({ low, high })
        const list = new ScatterGatherList()
        const places: number[] = []
        for (const { address, length, offset, bytes } of steps) {
          list.add(space, address, length)
          for (let i = 0; i < length; i++) places.push(address + i)
          const at = offset % (places.length + 1)
          const into = new Uint8Array(bytes)
          expect(list.read(at, into)).toBe(Math.max(0, at + bytes - places.length))
          expect([...into]).toEqual([...into.keys()].map(i => low[places[at + i] ?? -1] ?? 0))
        }
      }),
      runs(500),
    )
  })

  test('F2: what is written to any of its pieces is marked, and no more', () => {
    const memory = block(8 * PAGE)
    const ram = MemoryRegion.ram('ram', memory)
    const space = new AddressSpace('space', ram)
    const list = new ScatterGatherList()
      .add(space, PAGE, 16)
      .add(space, 3 * PAGE - 4, 8)
      .add(space, 6 * PAGE, 4)
    const dirtyPages = () =>
      [0, 1, 2, 3, 4, 5, 6, 7].filter(page => testAndClearDirty(ram, page * PAGE, PAGE, DirtyClient.VGA))
    list.write(0, new Uint8Array(28))
    dirtyPages()
    ram.setLog(DirtyClient.VGA, true)
    list.read(0, new Uint8Array(28))
    expect(dirtyPages()).toEqual([])
    list.write(0, new Uint8Array(28))
    expect(dirtyPages()).toEqual([1, 2, 3, 6])
    list.write(20, new Uint8Array(1))
    expect(dirtyPages()).toEqual([3])
  })

  test('what would go past 2^53 is not read: no register is', () => {
    const { space, calls } = board()
    const device = new ScatterGatherList().add(space, DEVICE, 8)
    const list = new ScatterGatherList().add(space, LIMIT, 8)
    expect([list.copyFrom(0, device, 0, 8), list.result, calls]).toEqual([0, DECODE_ERROR, []])
    expect([device.copyFrom(0, list, 0, 2n ** 64n), device.result]).toEqual([2 ** 53 - 8, DECODE_ERROR])
    expect(calls).toEqual(['write 4 at 0', 'write 4 at 4'])
  })
})

describe("a space with a read and a write of its maker's", () => {
  type Told = [kind: string, address: number, length: number][]
  class Telling extends AddressSpace {
    told: Told = []
    override read(...given: Parameters<AddressSpace['read']>) {
      this.told.push(['read', Number(given[0]), given[1].length])
      return super.read(...given)
    }
    override write(...given: Parameters<AddressSpace['write']>) {
      this.told.push(['write', Number(given[0]), given[1].length])
      return super.write(...given)
    }
  }
  const ram = () => MemoryRegion.ram('ram', block(PAGE))
  const MAKERS: [string, () => { space: AddressSpace; told: Told }][] = [
    [
      'a subclass',
      () => {
        const space = new Telling('telling', ram())
        return { space, told: space.told }
      },
    ],
    [
      'one object',
      () => {
        const space = new AddressSpace('telling', ram())
        const told: Told = []
        for (const kind of ['read', 'write'] as const)
          space[kind] = (address, bytes, attrs) => {
            told.push([kind, Number(address), bytes.length])
            return AddressSpace.prototype[kind].call(space, address, bytes, attrs)
          }
        return { space, told }
      },
    ],
  ]

  test.each(MAKERS)('is called for each of its pieces, and for no other: %s', (_name, make) => {
    const piece = fc.record({
      own: fc.boolean(),
      address: fc.integer({ min: 0, max: PAGE - 64 }),
      length: fc.integer({ min: 1, max: 64 }),
    })
    const kinds = fc.constantFrom('read' as const, 'write' as const)
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 5 }), kinds, fc.nat(), (pieces, kind, from) => {
        const { space, told } = make()
        const other = new AddressSpace('other', ram())
        const list = new ScatterGatherList()
        for (const { own, address, length } of pieces) list.add(own ? space : other, address, length)
        const offset = from % list.length
        // What neighbours have joined is one element.
        let skip = offset
        const due: Told = []
        for (const element of list.elements) {
          const inside = Math.min(skip, element.length)
          skip -= inside
          if (element.space === space && inside < element.length)
            due.push([kind, element.address + inside, element.length - inside])
        }
        list[kind](offset, new Uint8Array(list.length - offset))
        expect(told).toEqual(due)
      }),
      runs(500),
    )
  })
})

describe('elements that are handed out', () => {
  test('can not be changed, nor their array', () => {
    const { space } = board()
    const list = new ScatterGatherList().add(space, 0, 8).add(space, 100, 8)
    const before = list.elements
    expect([Object.isFrozen(before), before.every(element => Object.isFrozen(element))]).toEqual([true, true])
    expect(() => (before as unknown[]).push(1)).toThrow(TypeError)
    expect(() => Object.assign(before[0] as object, { length: 2 ** 30 })).toThrow(TypeError)
    // The same one again, until the list is another.
    expect(list.elements).toBe(before)
    list.add(space, 108, 8)
    expect(before.map(({ length }) => length)).toEqual([8, 8])
    expect(list.elements.map(({ length }) => length)).toEqual([8, 16])
    expect(Object.isFrozen(list.elements[1])).toBe(true)
    list.append(list)
    expect([list.length, list.elements.length, list.elements.every(element => Object.isFrozen(element))]).toEqual([
      48,
      4,
      true,
    ])
  })
})

describe("a user's array", () => {
  /** A device whose handlers act; behind it RAM. */
  function acting(act: () => void) {
    const root = MemoryRegion.container('root', 2 ** 20)
    const ops = {
      read() {
        act()
        return 0x77
      },
      write: () => {
        act()
      },
    }
    root.addSubregion(0, MemoryRegion.io('device', ops, 8))
    root.addSubregion(0x1000, MemoryRegion.ram('ram', block(PAGE)))
    const space = new AddressSpace('space', root)
    return { space, list: new ScatterGatherList().add(space, 0, 4).add(space, 0x1000, 8).add(space, 0x1100, 4) }
  }

  // Node 20 has transfer and resize; the library of types for it has not.
  type Shrinkable = ArrayBuffer & { resize(bytes: number): void; transfer?(): ArrayBuffer }
  const shrinkable = (bytes: number): Shrinkable =>
    new (ArrayBuffer as unknown as new (bytes: number, options: object) => Shrinkable)(bytes, { maxByteLength: bytes })

  test.each([4, 7, 12, 15])('that a handler shrinks to %i bytes: what is gone is the residue', left => {
    for (const kind of ['read', 'write'] as const) {
      const buffer = shrinkable(16)
      const { list, space } = acting(() => buffer.resize(left))
      space.fill(0x1000, 0x11, 0x200)
      const bytes = new Uint8Array(buffer)
      bytes.fill(0x22)
      // The first piece is four bytes long, and was under way when they went.
      expect(list[kind](0, bytes)).toBe(16 - Math.max(4, left))
      expect(list.result).toBe(OK)
      const written = kind === 'write' ? Math.max(0, Math.min(8, left - 4)) : 0
      const after = new Uint8Array(8)
      space.read(0x1000, after)
      expect([...after]).toEqual([...new Array(written).fill(0x22), ...new Array(8 - written).fill(0x11)])
    }
  })

  test('whose bytes a handler takes away: what it was to give has no place any more, and nothing more is moved', () => {
    for (const kind of ['read', 'write'] as const) {
      const buffer = shrinkable(16)
      const detached = new Uint8Array(16).fill(0x22)
      const takes: [Uint8Array, () => void][] = [
        [new Uint8Array(buffer).fill(0x22), () => buffer.resize(0)],
        [detached, () => void structuredClone(detached.buffer, { transfer: [detached.buffer] })],
      ]
      for (const [bytes, take] of takes) {
        let taken = false
        const { list, space } = acting(() => {
          if (!taken) take()
          taken = true
        })
        // The four bytes that the handler gets were loaded before.
        if (kind === 'write') expect([list.write(0, bytes), list.result]).toEqual([12, OK])
        else expect(() => list.read(0, bytes)).toThrow(/^bytes is a Uint8Array whose buffer was detached/)
        expect(space.load32(0x1000)).toBe(0)
        if (bytes === detached) expect(() => list[kind](0, bytes)).toThrow(/^bytes is a Uint8Array whose buffer was/)
        else expect(list[kind](0, bytes)).toBe(0)
      }
    }
  })

  test('of a class that cuts its parts otherwise', () => {
    class Odd extends Uint8Array {
      override subarray(): Uint8Array<ArrayBuffer> {
        return new Odd(1)
      }
    }
    const { space } = board()
    const bytes = new Odd(12).fill(0x33)
    const list = new ScatterGatherList().add(space, 0, 4).add(space, 64, 8)
    expect([list.write(0, bytes), space.load32(0), space.load64(64)]).toEqual([0, 0x3333_3333, 0x3333_3333_3333_3333n])
  })
})
