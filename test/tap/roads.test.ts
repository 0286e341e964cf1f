import {
  type AddressSpace,
  GuestRam,
  MemoryRegion,
  MemoryRegionCache,
  MemTxAttrs,
  MemTxResult,
  stop,
  type Tap,
  type TapAccess,
  TapStop,
  tap,
} from 'guestmem'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { AT, Board, LOADS, NOWHERE, type Road, STORES, WIDTHS } from './support/roads.ts'

const romBlock = GuestRam.allocate(0x1000).block('rom', 0x1000)
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

  test('a bounce buffer that was lent before is told as it is written back; what nothing takes is not read', () => {
    const io = MemoryRegion.io('io', { read: () => 0, write: () => {} }, 0x1000)
    board.space.root.addSubregion(0x10_0000, io)
    const window = board.space.map(0x10_0000, 4, { write: true })
    const told: string[] = []
    const note = ({ kind, address, size, value, result }: TapAccess) => {
      told.push(`${kind} ${address.toString(16)} ${size} ${value} ${result}`)
    }
    taps.push(tap(io, undefined, {}, note))
    window?.bytes.set(NEW)
    window?.unmap()
    expect(told).toEqual([`write 100000 4 ${board.valueOf(NEW)} 0`])
    board.space.root.removeSubregion(io)
  })

  test('what a device refuses, what a ROM does, and what is for memory alone', () => {
    const narrow = MemoryRegion.io('narrow', { read: () => 0, write: () => {}, valid: { maxSize: 2 } }, 0x1000)
    const open = MemoryRegion.io('open', { read: () => 0, write: () => {} }, 0x1000)
    const rom = MemoryRegion.rom('rom', romBlock)
    const { space } = board
    const only = MemTxAttrs.of({ memory: true })
    const { DECODE_ERROR, ACCESS_ERROR } = MemTxResult
    ;[narrow, open, rom].forEach((region, i) => {
      space.root.addSubregion(0x10_0000 + 0x1000 * i, region)
    })
    const told: unknown[] = []
    taps.push(
      tap(space, { start: 0x10_0000, length: 0x3000 }, {}, ({ kind, dma, address, size, value, result }) => {
        told.push([kind, dma, address & 0xffff, size, value, result])
      }),
    )
    const swapped = (value: number) => (board.big ? board.valueOf([value, 0, 0, 0]) : value)
    expect([space.load32(0x10_0000), space.result]).toEqual([0, DECODE_ERROR])
    space.store32(0x10_1000, swapped(9), only)
    expect(space.load32(0x10_1004, only)).toBe(0)
    space.store32(0x10_2000, 7)
    expect(space.write(0x10_2000, Uint8Array.of(7, 0, 0, 0))).toBe(DECODE_ERROR)
    expect(space.write(0x10_1000, Uint8Array.of(7, 0), only)).toBe(ACCESS_ERROR)
    expect(space.fill(0x10_2000, 1, 0x1000)).toBe(DECODE_ERROR)
    expect(told).toEqual([
      ['read', false, 0, 4, 0, DECODE_ERROR],
      ['write', false, 0x1000, 4, swapped(9), ACCESS_ERROR],
      ['read', false, 0x1004, 4, 0, ACCESS_ERROR],
      ['write', false, 0x2000, 4, 7, DECODE_ERROR],
      ['write', true, 0x2000, 4, board.valueOf([7, 0, 0, 0]), DECODE_ERROR],
      ['write', true, 0x1000, 2, board.big ? 0x700 : 7, ACCESS_ERROR],
      ['write', true, 0x2000, 0x1000, undefined, DECODE_ERROR],
    ])
    for (const region of [narrow, open, rom]) space.root.removeSubregion(region)
  })

  test('of nothing, however much, in one step', () => {
    const told: unknown[] = []
    const far = tap(board.space, { start: 2 ** 33, length: 2 ** 52 }, {}, ({ kind, address, size, bytes }) => {
      told.push([kind, address, size, bytes])
    })
    taps.push(far)
    const { space } = board
    space.fill(2 ** 32, 1, 2 ** 52)
    space.copy(2 ** 32, space, 2 ** 40, 2 ** 51)
    expect(told).toEqual([
      ['write', 2 ** 33, 2 ** 52 - 2 ** 32, undefined],
      ['read', 2 ** 40, 2 ** 51, undefined],
      ['write', 2 ** 33, 2 ** 51 - 2 ** 32, undefined],
    ])
  })

  test('a request of a cache keeps the taps that it began with', () => {
    const told: string[] = []
    const io = MemoryRegion.io(
      'io',
      {
        read: offset => {
          if (offset === 0)
            taps.push(
              tap(io, undefined, {}, ({ offset: at }) => {
                told.push(`${at}`)
              }),
            )
          return 5
        },
        write: () => {},
        impl: { maxSize: 1 },
        valid: { maxSize: 1 },
      },
      16,
    )
    board.space.root.addSubregion(0x10_0000, io)
    const cache = new MemoryRegionCache(board.space, 0x10_0000, 16)
    cache.read(0, new Uint8Array(4))
    expect(told).toEqual([])
    cache.read(1, new Uint8Array(2))
    expect(told).toEqual(['1', '2'])
    board.space.root.removeSubregion(io)
  })
})
