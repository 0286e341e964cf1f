import { type AddressSpace, MemoryRegion, MemTxResult, stop, type Tap, type TapAccess, TapStop, tap } from 'guestmem'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { AT, Board, LOADS, NOWHERE, type Road, STORES, WIDTHS } from './support/roads.ts'

const RANGE = { start: AT, length: 4 }
const OLD = [0x11, 0x22, 0x33, 0x44]
const NEW = [0xa5, 0x5a, 0x81, 0x18]

describe.each(['little', 'big'] as const)('every road to the bytes, %s-endian', endian => {
  let board: Board
  let taps: Tap[]

  // One for all: what it has made stays, whatever is tapped and tapped no more.
  beforeAll(() => {
    board = new Board(endian)
  })

  afterAll(() => board.close())

  beforeEach(() => {
    board.bytes = OLD
    taps = []
  })

  afterEach(() => {
    for (const each of taps) each.remove()
  })

  /** A tap of the space, and where no road leads there, of the region. */
  function set(
    target: AddressSpace | MemoryRegion,
    ...rest: [Parameters<typeof tap>[2], Parameters<typeof tap>[3]]
  ): Tap {
    const made = tap(target, RANGE, ...rest)
    taps.push(made)
    return made
  }

  const targets = ({ apart }: Road) => (apart ? [board.region] : [board.space, board.region])

  describe.each(LOADS)('$name', road => {
    test('is told before and after, of either target, and no more once that is removed', () => {
      for (const target of targets(road)) {
        const told: TapAccess[] = []
        for (const when of ['before', 'after'] as const)
          set(target, { when }, access => {
            told.push({ ...access, bytes: access.bytes?.slice() })
          })
        expect(road.go(board, AT)).toEqual(OLD)
        expect(told.map(({ kind, dma, address, size, before }) => [kind, dma, address, size, before])).toEqual(
          [true, false].map(before => [road.kind, road.dma, AT, 4, before]),
        )
        expect([told[1]?.value, told[1]?.result]).toEqual([board.valueOf(OLD, told[1]?.big), MemTxResult.OK])
        expect(told[1]?.region === board.region).toBe(true)
        if (road.dma) expect([...(told[1]?.bytes ?? [])]).toEqual(OLD)
        for (const each of taps.splice(0)) each.remove()
        expect(road.go(board, AT)).toEqual(OLD)
        expect(told.length).toBe(2)
      }
    })

    test.each(['before', 'after'] as const)('has its value replaced %s', when => {
      set(board.region, { when }, ({ big }) => board.valueOf(NEW, big))
      expect(road.go(board, AT)).toEqual(NEW)
      taps[0]?.remove()
      expect([...board.bytes]).toEqual(OLD)
      expect(road.go(board, AT)).toEqual(OLD)
    })

    test.each(['before', 'after'] as const)('is stopped %s', when => {
      set(board.region, { when }, stop)
      expect(() => road.go(board, AT)).toThrow(TapStop)
      taps[0]?.remove()
      expect(road.go(board, AT)).toEqual(OLD)
    })
  })

  describe.each(STORES)('$name', road => {
    test('is told before and after, of either target, and no more once that is removed', () => {
      for (const target of targets(road)) {
        board.bytes = OLD
        const told: TapAccess[] = []
        const there: number[][] = []
        for (const when of ['before', 'after'] as const)
          set(target, { when }, access => {
            told.push({ ...access, bytes: access.bytes?.slice() })
            there.push([...board.bytes])
          })
        road.go(board, AT, NEW)
        expect(told.map(({ kind, dma, address, size, before }) => [kind, dma, address, size, before])).toEqual(
          [true, false].map(before => ['write', road.dma, AT, 4, before]),
        )
        expect(told[0]?.value).toBe(board.valueOf(NEW, told[0]?.big))
        expect(told[0]?.region === board.region).toBe(true)
        expect(there).toEqual([OLD, NEW])
        if (road.dma) expect([...(told[1]?.bytes ?? [])]).toEqual(NEW)
        for (const each of taps.splice(0)) each.remove()
        road.go(board, AT, OLD)
        expect([...board.bytes]).toEqual(OLD)
        expect(told.length).toBe(2)
      }
    })

    test('has its value replaced before', () => {
      set(board.region, { when: 'before' }, ({ big }) => board.valueOf(NEW, big))
      road.go(board, AT, [1, 2, 3, 4])
      taps[0]?.remove()
      expect([...board.bytes]).toEqual(NEW)
    })

    test('is stopped: before, nothing is stored; after, all is', () => {
      const first = set(board.region, { when: 'before' }, stop)
      expect(() => road.go(board, AT, NEW)).toThrow(TapStop)
      expect([...board.bytes]).toEqual(OLD)
      first.remove()
      set(board.region, { when: 'after' }, stop)
      expect(() => road.go(board, AT, NEW)).toThrow(TapStop)
      expect([...board.bytes]).toEqual(NEW)
    })
  })

  test.each(WIDTHS)('%s is told whole, of any byte in the range', (_name, go, kind, address, size) => {
    const told: unknown[] = []
    set(board.space, {}, access => {
      told.push([access.kind, access.address, access.size])
    })
    go(board)
    expect(told).toEqual([[kind, address, size]])
  })

  test('a fill is told as what it stores', () => {
    const told: unknown[] = []
    set(board.space, { when: 'before' }, ({ kind, dma, address, size, value, bytes }) => {
      told.push([kind, dma, address, size, value, [...(bytes ?? [])]])
      return board.valueOf(NEW)
    })
    board.space.fill(AT - 8, 7, 20)
    expect(told).toEqual([['write', true, AT, 4, 0x0707_0707, [7, 7, 7, 7]]])
    taps[0]?.remove()
    expect([...board.bytes]).toEqual(NEW)
    expect([board.space.load8(AT - 1), board.space.load8(AT + 4)]).toEqual([7, 7])
  })

  test('a request’s parts that taps answer for are not read, and all others are', () => {
    for (const start of [AT, AT + 1, AT + 8])
      taps.push(tap(board.space, { start, length: 2 }, { when: 'before' }, () => 0xffff))
    board.space.fill(AT - 8, 0, 24)
    board.bytes = OLD
    board.space.fill(AT - 4, 1, 3)
    const bytes = new Uint8Array(16)
    expect(board.space.read(AT - 4, bytes)).toBe(MemTxResult.OK)
    expect([...bytes]).toEqual([1, 1, 1, 0, 255, 255, 255, 0x44, 0, 0, 0, 0, 255, 255, 0, 0])
  })

  describe('where nothing takes them', () => {
    const rom = MemoryRegion.reservation('reserved', 0x1000)

    test.each(LOADS.filter(({ fixed }) => !fixed))('$name is told, and what is told of it', road => {
      for (const [address, region] of [
        [NOWHERE, undefined],
        [0x10_0000, rom],
      ] as const) {
        if (region !== undefined) board.space.root.addSubregion(address, region)
        const told: TapAccess[] = []
        for (const when of ['before', 'after'] as const)
          taps.push(
            tap(board.space, { start: address, length: 4 }, { when }, access => {
              told.push(access)
            }),
          )
        expect(road.go(board, address)).toEqual([0, 0, 0, 0])
        const result = MemTxResult.DECODE_ERROR
        expect(
          told.map(({ kind, dma, address: at, size, before, region: of, result: ended }) => [
            kind,
            dma,
            at,
            size,
            before,
            of?.name,
            ended,
          ]),
        ).toEqual([
          [road.kind, road.dma, address, 4, true, region?.name, MemTxResult.OK],
          [road.kind, road.dma, address, 4, false, region?.name, result],
        ])
        for (const each of taps.splice(0)) each.remove()
        const first = tap(board.space, { start: address, length: 4 }, { when: 'before' }, stop)
        expect(() => road.go(board, address)).toThrow(TapStop)
        first.remove()
      }
      board.space.root.removeSubregion(rom)
    })

    test.each(LOADS.filter(({ fixed, name }) => !fixed && !/cop/.test(name)))('$name is answered by a tap', road => {
      for (const when of ['before', 'after'] as const) {
        taps.push(tap(board.space, { start: NOWHERE, length: 4 }, { when }, () => board.valueOf(NEW)))
        expect(road.go(board, NOWHERE)).toEqual(NEW)
        for (const each of taps.splice(0)) each.remove()
      }
    })

    test.each(STORES.filter(({ fixed }) => !fixed))('$name is told, with what was to be stored', road => {
      const told: TapAccess[] = []
      for (const when of ['before', 'after'] as const)
        taps.push(
          tap(board.space, { start: NOWHERE, length: 4 }, { when }, access => {
            told.push(access)
          }),
        )
      road.go(board, NOWHERE, NEW)
      const isAtomic = road.name.startsWith('atomic')
      expect(
        told.map(({ kind, dma, address, size, before, result }) => [kind, dma, address, size, before, result]),
      ).toEqual([
        ['write', road.dma, NOWHERE, 4, true, MemTxResult.OK],
        ['write', road.dma, NOWHERE, 4, false, MemTxResult.DECODE_ERROR],
      ])
      // A copy has no bytes there: it knows that nothing takes them.
      if (!/cop/.test(road.name)) expect(told[0]?.value).toBe(board.valueOf(NEW))
      if (!/cop/.test(road.name) && !isAtomic) expect(told[1]?.value).toBe(board.valueOf(NEW))
    })
  })
})
