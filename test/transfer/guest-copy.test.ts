import fc from 'fast-check'
import {
  AddressSpace,
  DirtyClient,
  GuestRam,
  isDirty,
  MemoryRegion,
  MemTxAttrs,
  MemTxResult,
  ScatterGatherList,
} from 'guestmem'
import { describe, expect, test } from 'vitest'
import { runs } from '../support/campaign.ts'
import { copyBoard, copyWorlds } from './support/copy-board.ts'

const SIZE = 4096

/**
 * 256 bytes of RAM that are seen in pieces, in another order, over and over; other RAM; registers of a byte, which write
 * down each access; and nothing.
 */
function board() {
  const ram = GuestRam.allocate(16 * SIZE)
  ram.block('ahead', 1)
  const block = ram.block('ram', 256)
  const second = ram.block('second', 64)
  const stranger = GuestRam.allocate(SIZE).block('stranger', 64)
  const root = MemoryRegion.container('root', SIZE)
  const memory = MemoryRegion.ram('ram', block)
  const log: string[] = []
  const registers = new Uint8Array(64)
  MemoryRegion.transaction(() => {
    root.addSubregion(0, memory)
    for (let piece = 0; piece < 16; piece++)
      root.addSubregion(256 + piece * 8, MemoryRegion.alias(`piece ${piece}`, memory, (piece * 40) % 240, 8))
    root.addSubregion(384, MemoryRegion.ram('second', second))
    root.addSubregion(448, MemoryRegion.ram('stranger', stranger))
    root.addSubregion(512, MemoryRegion.rom('rom', second))
    const ops = {
      read(offset: number) {
        log.push(`r ${offset}`)
        return registers[offset] as number
      },
      write(offset: number, value: number) {
        log.push(`w ${offset} ${value}`)
        registers[offset] = value
      },
      valid: { maxSize: 1 as const },
      impl: { maxSize: 1 as const },
    }
    root.addSubregion(600, MemoryRegion.io('registers', ops, 64))
  })
  const all = [block.view(), second.view(), stranger.view(), registers]
  const reset = () => {
    log.length = 0
    for (const [i, bytes] of all.entries()) for (let at = 0; at < bytes.length; at++) bytes[at] = at * 5 + i * 83
  }
  reset()
  return { space: new AddressSpace('space', root), memory, block, all, log, reset }
}

const pair = [board(), board()] as const

/** The same two boards each time, as they were at first: to make one takes longer than to copy. */
function boards(): typeof pair {
  for (const { reset } of pair) reset()
  return pair
}

/** What is there at the end, and what was asked of the registers: of RAM the bytes, in any order of accesses. */
const outcome = ({ all, log }: ReturnType<typeof board>) => [...all.map(bytes => [...bytes]), log]

describe('copy', () => {
  const address = fc.oneof(fc.nat(511), fc.nat(700))
  const length = fc.oneof(fc.nat(24), fc.nat(200))

  test('H12, H13, E1 does what one read and one write of the same bytes do, overlapping or not', () => {
    fc.assert(
      fc.property(address, address, length, fc.boolean(), (to, from, size, relaxed) => {
        const attrs = relaxed ? MemTxAttrs.RELAXED : MemTxAttrs.UNSPECIFIED
        const [ours, reference] = boards()
        const result = ours.space.copy(to, ours.space, from, size, attrs)
        expect(ours.space.result).toBe(result)
        const bytes = new Uint8Array(size)
        const due = reference.space.read(from, bytes) | reference.space.write(to, bytes)
        expect(result).toBe(due)
        expect(outcome(ours)).toEqual(outcome(reference))
      }),
      runs(1500),
    )
  })

  test('H13 a piece is stored to that a later one loads, of another guest RAM each: all is read before', () => {
    const [ours, reference] = boards()
    // The first piece goes from the stranger to the second RAM, the next from the ROM, which is that RAM, to the stranger.
    expect(ours.space.copy(400, ours.space, 464, 65)).toBe(MemTxResult.OK)
    const bytes = new Uint8Array(65)
    reference.space.read(464, bytes)
    reference.space.write(400, bytes)
    expect(outcome(ours)).toEqual(outcome(reference))
  })

  test('goes on where the latest was, and no further: the map, the ends and what is no number are looked at each time', () => {
    const { space, memory, block, all } = board()
    const bytes = all[0] as Uint8Array
    expect(space.copy(100, space, 0, 8)).toBe(MemTxResult.OK)
    expect(space.copy(110, space, 8, 8)).toBe(MemTxResult.OK)
    expect([...bytes.subarray(110, 118)]).toEqual([...bytes.subarray(8, 16)])
    expect(space.copy(110, space, 8, 0)).toBe(MemTxResult.OK)
    const before = bytes.slice()
    // Over the end of the RAM another piece of it follows, over the end of that nothing does.
    expect(space.copy(250, space, 8, 12)).toBe(MemTxResult.OK)
    expect([...bytes.subarray(250, 256)]).toEqual([...before.subarray(8, 14)])
    expect([...bytes.subarray(0, 6)]).toEqual([...before.subarray(14, 20)])
    for (const at of ['100', [100], Number.NaN, 100.5, -1, null])
      for (const call of [
        () => space.copy(at as number, space, 0, 8),
        () => space.copy(100, space, at as number, 8),
        () => space.copy(100, space, 0, at as number),
      ])
        expect(call).toThrow(/^(address|sourceAddress|length) /)
    memory.setLog(DirtyClient.VGA, true)
    space.copy(100, space, 0, 8)
    expect(isDirty(block, 0, 256, DirtyClient.VGA)).toBe(true)
    memory.setEnabled(false)
    expect(space.copy(100, space, 0, 8)).toBe(MemTxResult.DECODE_ERROR)
  })

  test('goes between spaces', () => {
    const [one, other] = [board(), board()]
    other.all[0]?.fill(0xee)
    expect(one.space.copy(10, other.space, 0, 20)).toBe(MemTxResult.OK)
    expect([...(one.all[0]?.subarray(9, 31) ?? [])]).toEqual([45, ...new Array(20).fill(0xee), 150])
  })

  test('goes on from the space that is named, not from the one before it', () => {
    const { space, memory, all } = board()
    const bytes = all[0] as Uint8Array
    const behind = MemoryRegion.container('behind', SIZE)
    behind.addSubregion(0, MemoryRegion.alias('half', memory, 128, 128))
    const other = new AddressSpace('other', behind)
    const before = bytes.slice()
    for (const [from, offset] of [
      [space, 0],
      [other, 128],
      [space, 0],
    ] as const) {
      space.copy(100, from, 16, 8)
      space.copy(100, from, 8, 8)
      expect([...bytes.subarray(100, 108)]).toEqual([...before.subarray(offset + 8, offset + 16)])
    }
  })

  test('marks what it stored to (F2)', () => {
    const { space, memory, block } = board()
    memory.setLog(DirtyClient.MIGRATION, true)
    space.copy(384, space, 0, 16)
    expect(isDirty(block, 0, 256, DirtyClient.MIGRATION)).toBe(false)
    space.copy(0, space, 384, 16)
    expect(isDirty(block, 0, 256, DirtyClient.MIGRATION)).toBe(true)
  })

  test('H13: where ranges overlap, refuses more scratch than the guest RAM allows, before anything is copied', () => {
    const block = GuestRam.allocate(SIZE, { scratchLimit: 9 }).block('ram', 64)
    const space = new AddressSpace('space', MemoryRegion.ram('ram', block))
    block.view().set([1, 2, 3])
    const before = block.view().slice()
    expect(() => space.copy(10, space, 0, 30)).toThrow(RangeError)
    expect(block.view()).toEqual(before)
    expect(space.copy(9, space, 0, 30)).toBe(MemTxResult.OK)
  })

  test('a long one by way of a device cuts none of its accesses in two', () => {
    const sizes = new Set<number>()
    const ops = {
      read(offset: number, size: number) {
        sizes.add(size)
        return offset & 0xff
      },
      write: () => undefined,
    }
    const root = MemoryRegion.container('root', 2 ** 20)
    root.addSubregion(2, MemoryRegion.io('io', ops, 2 ** 18))
    const block = GuestRam.allocate(2 ** 18).block('ram', 2 ** 18)
    root.addSubregion(2 ** 19, MemoryRegion.ram('ram', block))
    const space = new AddressSpace('space', root)
    expect(space.copy(2 ** 19, space, 2, 2 ** 18)).toBe(MemTxResult.OK)
    expect([...sizes]).toEqual([4])
  })

  // biome-ignore lint/suspicious/noExplicitAny: what is tested is what types would forbid
  const bad = (value: unknown): any => value
  const { space } = board()
  test.each<[RegExp, () => unknown]>([
    [/^address .*got -1$/, () => space.copy(-1, space, 0, 1)],
    [/^source .*got null$/, () => space.copy(0, bad(null), 0, 1)],
    [/^sourceAddress .*got 0.5$/, () => space.copy(0, space, 0.5, 1)],
    [/^length .*got NaN$/, () => space.copy(0, space, 0, Number.NaN)],
    [/^attrs /, () => space.copy(0, space, 0, 1, bad({}))],
  ])('refuses %s', (message, call) => {
    expect(call).toThrow(message)
  })
})

describe('a scatter-gather list', () => {
  const element = fc.tuple(fc.nat(690), fc.nat(40))
  const elements = fc.array(element, { maxLength: 8 })
  const fill = (space: AddressSpace, list: readonly (readonly [number, number])[]) =>
    list.reduce((sg, [address, size]) => sg.add(space, address, size), new ScatterGatherList())

  test('reads and writes its bytes as if they were one run, up to its end', () => {
    fc.assert(
      fc.property(elements, fc.nat(400), fc.nat(400), (list, start, size) => {
        const [ours, reference] = boards()
        const sg = fill(ours.space, list)
        const run = list.flatMap(([address, bytes]) => Array.from({ length: bytes }, (_, at) => address + at))
        expect(sg.length).toBe(run.length)
        const offset = Math.min(start, run.length)
        const covered = run.slice(offset, offset + size)
        const read = new Uint8Array(size).fill(0xaa)
        expect(sg.read(offset, read)).toBe(size - covered.length)
        const one = new Uint8Array(1)
        let result = 0
        for (const [at, address] of covered.entries()) {
          result |= reference.space.read(address, one)
          expect(read[at]).toBe(one[0])
        }
        expect(sg.result).toBe(result)
        expect(read.subarray(covered.length).every(byte => byte === 0xaa)).toBe(true)
        const bytes = Uint8Array.from({ length: size }, (_, at) => at * 11 + 3)
        expect(sg.write(offset, bytes)).toBe(size - covered.length)
        for (const [at, address] of covered.entries()) reference.space.write(address, bytes.subarray(at, at + 1))
        expect(outcome(ours)).toEqual(outcome(reference))
      }),
      runs(600),
    )
  })

  test('copies to another, piece by piece in order, up to the end of either', () => {
    fc.assert(
      fc.property(elements, elements, fc.nat(200), fc.nat(200), fc.nat(300), (to, from, start, first, size) => {
        const [ours, reference] = boards()
        const [dst, src] = [fill(ours.space, to), fill(ours.space, from)]
        const [offset, sourceOffset] = [Math.min(start, dst.length), Math.min(first, src.length)]
        const copied = Math.min(size, dst.length - offset, src.length - sourceOffset)
        expect(dst.copyFrom(offset, src, sourceOffset, size)).toBe(size - copied)
        let result = 0
        for (let done = 0; done < copied; ) {
          const [address, left] = placeOf(dst, offset + done)
          const [source, rest] = placeOf(src, sourceOffset + done)
          const piece = Math.min(left, rest, copied - done)
          result |= reference.space.copy(address, reference.space, source, piece)
          done += piece
        }
        expect(dst.result).toBe(result)
        expect(outcome(ours)).toEqual(outcome(reference))
      }),
      runs(600),
    )
  })

  /** The address of the byte at `offset` of the run, and how many follow it in its element. */
  function placeOf(list: ScatterGatherList, offset: number): [address: number, left: number] {
    let at = offset
    for (const { address, length } of list.elements) {
      if (at < length) return [address + at, length - at]
      at -= length
    }
    throw new RangeError(`no byte at ${offset}`)
  }

  test('joins elements that go on, takes empty ones as none, and lists', () => {
    const { space } = board()
    const list = fill(space, [
      [0, 8],
      [8, 8],
      [20, 0],
      [15, 4],
    ])
    expect(list.elements.map(({ address, length }) => [address, length])).toEqual([
      [0, 16],
      [15, 4],
    ])
    const both = fill(space, [[100, 1]])
      .append(list)
      .append(list)
    expect([both.length, both.elements.length]).toEqual([41, 5])
    expect(both.append(both).length).toBe(82)
    const bytes = new Uint8Array(1)
    expect([both.read(82, bytes), both.result, new ScatterGatherList().read(0, bytes)]).toEqual([1, 0, 1])
  })

  // biome-ignore lint/suspicious/noExplicitAny: what is tested is what types would forbid
  const bad = (value: unknown): any => value
  const { space } = board()
  const list = fill(space, [[0, 8]])
  test.each<[RegExp, () => unknown]>([
    [/^space .*got null$/, () => list.add(bad(null), 0, 1)],
    [/^address .*got -1$/, () => list.add(space, -1, 1)],
    [/^length .*got NaN$/, () => list.add(space, 0, Number.NaN)],
    [/^length .*got -1$/, () => list.add(space, 0, -1)],
    [/^list .*got an object$/, () => list.append(bad({}))],
    [/^offset .*0 to 8, got 9$/, () => list.read(9, new Uint8Array(1))],
    [/^bytes .*got an array$/, () => list.write(0, bad([1]))],
    [/^attrs /, () => list.read(0, new Uint8Array(1), bad({}))],
    [/^source .*got undefined$/, () => list.copyFrom(0, bad(undefined), 0, 1)],
    [/^sourceOffset .*got 9$/, () => list.copyFrom(0, list, 9, 1)],
    [/^length .*got 0.5$/, () => list.copyFrom(0, list, 0, 0.5)],
  ])('refuses %s', (message, call) => {
    expect(call).toThrow(message)
    expect(list.length).toBe(8)
  })
})

describe('a copy that is longer than what goes by way of a buffer at once', () => {
  const size = 150_000
  const place = fc.nat(4 * size)
  const ATTRS = [MemTxAttrs.UNSPECIFIED, MemTxAttrs.RELAXED, MemTxAttrs.of({ memory: true })]

  test('E1, H13, K2, F2 ends as one read and one write of the whole, of whatever is mapped', () => {
    fc.assert(
      fc.property(
        copyWorlds(size, 4096, 4),
        place,
        place,
        fc.integer({ min: 1, max: 4 * size }),
        fc.constantFrom(...ATTRS),
        (world, to, from, most, attrs) => {
          const [ours, reference] = [copyBoard(world, 0), copyBoard(world, 1)]
          const [dst, src] = [to % (ours.length + 8), from % (ours.length + 8)]
          const length = most % (ours.length + 8)
          const bytes = new Uint8Array(length)
          const due = reference.space.read(src, bytes, attrs) | reference.space.write(dst, bytes, attrs)
          expect(ours.space.copy(dst, ours.space, src, length, attrs)).toBe(due)
          // The texts are long: what differs is all there is to say.
          const [end, expected] = [ours.end(), reference.end()].map(each => JSON.stringify(each))
          expect(end === expected).toBe(true)
        },
      ),
      runs(150),
    )
  })
})
