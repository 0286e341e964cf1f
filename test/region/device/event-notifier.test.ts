import {
  AddressSpace,
  addEventNotifier,
  type EventNotifierMatch,
  GuestRam,
  MemoryRegion,
  type MemoryRegionOps,
  MemTxResult,
  removeEventNotifier,
} from 'guestmem'
import { describe, expect, test } from 'vitest'
import { type Call, recorder } from '../../support/device.ts'

/** A device of 64 bytes at 0, its calls, and what was notified. */
function board(extra: Partial<MemoryRegionOps> = {}, endian: 'little' | 'big' = 'little') {
  const calls: Call[] = []
  const notified: string[] = []
  const wide = extra.impl?.maxSize === 8 ? () => 0n : undefined
  const region = MemoryRegion.io(
    'device',
    recorder(calls, extra, () => 0x55, wide),
    64,
  )
  const space = new AddressSpace('space', region, { endian })
  const add = (name: string, match: EventNotifierMatch) => {
    const notify = () => void notified.push(name)
    addEventNotifier(region, match, notify)
    return () => removeEventNotifier(region, match, notify)
  }
  const take = () => [calls.splice(0), notified.splice(0)] as const
  return { region, space, add, take, notified, calls }
}

describe('H1 a write that matches', () => {
  test('H1 ends with OK, and no handler is called', () => {
    const { space, add, take } = board()
    add('doorbell', { offset: 8, size: 4 })
    space.store32(8, 0x1234)
    expect([space.result, take()]).toEqual([MemTxResult.OK, [[], ['doorbell']]])
    expect(space.write(8, Uint8Array.of(1, 2, 3, 4))).toBe(MemTxResult.OK)
    expect(take()).toEqual([[], ['doorbell']])
    expect(space.fill(4, 0, 12)).toBe(MemTxResult.OK)
    expect(take()).toEqual([
      [
        ['write', 4, 4, 0],
        ['write', 12, 4, 0],
      ],
      ['doorbell'],
    ])
  })

  test('H1 of another offset, another size or another value is the device’s; so is every read', () => {
    const { space, add, take } = board()
    add('doorbell', { offset: 8, size: 2, data: 7 })
    space.store16(8, 8)
    space.store32(8, 7)
    space.store8(8, 7)
    space.store16(10, 7)
    expect(space.load16(8)).toBe(0x55)
    const [calls, notified] = take()
    expect([calls.map(([verb, , size]) => `${verb}${size}`), notified]).toEqual([
      ['write2', 'write4', 'write1', 'write2', 'read2'],
      [],
    ])
    space.store16(8, 7)
    expect(take()).toEqual([[], ['doorbell']])
  })

  test('H1 size 0 is every size, and the value is not looked at', () => {
    const { space, add, take } = board({ impl: { maxSize: 8 } })
    add('any', { offset: 8, size: 0, data: 7 })
    space.store8(8, 1)
    space.store16(8, 2)
    space.store32(8, 3)
    space.store64(8, 4n)
    expect(take()).toEqual([[], ['any', 'any', 'any', 'any']])
    space.store8(9, 1)
    expect(take()).toEqual([[['write', 9, 1, 1]], []])
  })

  test('H1 a write of 8 bytes is compared whole, before it is made of two of 4', () => {
    const { space, add, take } = board()
    add('first', { offset: 8, size: 4 })
    add('wide', { offset: 8, size: 8, data: 0xffff_ffff_0000_0001n })
    space.store64(8, 0xffff_ffff_0000_0001n)
    expect(take()).toEqual([[], ['wide']])
    space.store64(8, 1n)
    expect(take()).toEqual([
      [
        ['write', 8, 4, 1],
        ['write', 12, 4, 0],
      ],
      [],
    ])
  })

  test('H1 of a block write each piece is compared (E4)', () => {
    const { space, add, take } = board()
    add('byte', { offset: 9, size: 1 })
    space.write(9, Uint8Array.of(1, 2, 3))
    expect(take()).toEqual([[['write', 10, 2, 0x302]], ['byte']])
  })

  test.each([
    ['native', 'little', 'little', 0x1234],
    ['native', 'big', 'big', 0x1234],
    ['little', 'little', 'little', 0x1234],
    ['little', 'big', 'big', 0x3412],
    ['big', 'little', 'little', 0x3412],
    ['big', 'big', 'big', 0x1234],
  ] as const)(
    'H1 data is in the target’s order: a %s device of a %s-endian target',
    (endianness, target, endian, seen) => {
      const { space, add, take } = board({ endianness }, target)
      add('doorbell', { offset: 8, size: 2, data: 0x1234, endian })
      space.store16(8, 0x1234)
      expect(take()).toEqual([[], ['doorbell']])
      space.store16(8, 0x1235)
      space.store16(12, 0x1234)
      const [calls, notified] = take()
      expect([calls.length, calls[1], notified]).toEqual([2, ['write', 12, 2, seen], []])
    },
  )

  test('H1 the same in 32 and 64 bits', () => {
    const { space, add, take } = board({ endianness: 'big', impl: { maxSize: 8 } })
    add('32', { offset: 8, size: 4, data: 0x8182_8384 })
    add('64', { offset: 16, size: 8, data: 0x8182_8384_8586_8788n })
    space.store32(8, 0x8182_8384)
    space.store64(16, 0x8182_8384_8586_8788n)
    expect(take()).toEqual([[], ['32', '64']])
  })

  test('G2, H1 a write that the device does not accept reaches no notifier', () => {
    const { space, add, take } = board({ valid: { minSize: 2, maxSize: 4 }, accepts: offset => offset < 32 })
    add('byte', { offset: 8, size: 1 })
    add('unaligned', { offset: 9, size: 2 })
    add('high', { offset: 32, size: 4 })
    for (const write of [() => space.store8(8, 0), () => space.store16(9, 0), () => space.store32(32, 0)]) {
      write()
      expect(space.result).toBe(MemTxResult.DECODE_ERROR)
    }
    expect(take()).toEqual([[], []])
  })

  test('G3 it matches before the handlers’ size is looked at', () => {
    const { space, add, take } = board({ impl: { minSize: 4 } })
    add('byte', { offset: 9, size: 1, data: 0xff })
    space.store8(9, 0xff)
    expect(take()).toEqual([[], ['byte']])
    space.store8(9, 0xfe)
    expect(take()).toEqual([[['write', 9, 4, 0xfe]], []])
  })

  test('G7 it matches before the re-entrancy guard', () => {
    const results: number[] = []
    const region = MemoryRegion.io(
      'device',
      {
        read: () => 0,
        write: () => {
          space.store32(8, 1)
          results.push(space.result)
          space.store32(12, 1)
          results.push(space.result)
        },
      },
      64,
    )
    const space = new AddressSpace('space', region)
    let rung = 0
    addEventNotifier(region, { offset: 8, size: 4 }, () => rung++)
    space.store32(0, 1)
    expect([results, rung]).toEqual([[MemTxResult.OK, MemTxResult.ACCESS_ERROR], 1])
  })

  test('H1 the result is OK whatever the notifier accessed; what it throws reaches the caller', () => {
    const { region, space, calls } = board()
    const act = () => {
      space.load8(4096)
      expect(space.result).toBe(MemTxResult.DECODE_ERROR)
    }
    addEventNotifier(region, { offset: 8, size: 4 }, act)
    space.store32(8, 1)
    expect(space.result).toBe(MemTxResult.OK)
    const boom = new Error('from a notifier')
    addEventNotifier(region, { offset: 12, size: 4 }, () => {
      throw boom
    })
    expect(() => space.store32(12, 1)).toThrow(boom)
    space.store32(16, 1)
    expect(calls).toEqual([['write', 16, 4, 1]])
  })

  test('A3 a ROM device’s writes are matched too', () => {
    const calls: Call[] = []
    const flash = MemoryRegion.romDevice('flash', recorder(calls), GuestRam.allocate(4096).block('flash', 4096))
    const space = new AddressSpace('space', flash)
    let rung = 0
    addEventNotifier(flash, { offset: 8, size: 4 }, () => rung++)
    space.store32(8, 1)
    space.store32(12, 1)
    expect([calls, rung]).toEqual([[['write', 12, 4, 1]], 1])
  })
})

describe('H2 several notifiers', () => {
  test('H2 the first in order takes the write: size, then without data before with, then data, then who came first', () => {
    const { space, add, take } = board()
    const removes: [string, () => void][] = []
    const put = (name: string, match: EventNotifierMatch) => removes.push([name, add(name, match)])
    put('data 7', { offset: 8, size: 4, data: 7 })
    put('second of any data', { offset: 8, size: 4 })
    put('third of any data', { offset: 8, size: 4 })
    put('any size', { offset: 8, size: 0 })
    put('data 5', { offset: 8, size: 4, data: 5 })
    const order: string[] = []
    for (;;) {
      space.store32(8, 7)
      const [calls, [name]] = take()
      if (name === undefined) {
        expect(calls).toEqual([['write', 8, 4, 7]])
        break
      }
      order.push(name)
      removes.find(([each]) => each === name)?.[1]()
    }
    expect(order).toEqual(['any size', 'second of any data', 'third of any data', 'data 7'])
    space.store32(8, 5)
    expect(take()).toEqual([[], ['data 5']])
  })

  test('H2 the same one twice is taken back once at a time', () => {
    const { region, space, take, notified } = board()
    const match = { offset: 8, size: 4 } as const
    const notify = () => void notified.push('it')
    addEventNotifier(region, match, notify)
    addEventNotifier(region, match, notify)
    removeEventNotifier(region, { ...match }, notify)
    space.store32(8, 1)
    expect(take()).toEqual([[], ['it']])
    removeEventNotifier(region, match, notify)
    space.store32(8, 1)
    expect(take()).toEqual([[['write', 8, 4, 1]], []])
  })
})

describe('refusals of addEventNotifier and removeEventNotifier', () => {
  // biome-ignore lint/suspicious/noExplicitAny: what is tested is what types would forbid
  const bad = (value: unknown): any => value
  const { region } = board()
  const match = { offset: 8, size: 4 } as const
  const notify = () => {}
  const ram = MemoryRegion.ram('ram', GuestRam.allocate(4096).block('ram', 4096))
  test.each<[string, ErrorConstructor, RegExp, [unknown, unknown, unknown]]>([
    ['no region', TypeError, /^region .*undefined$/, [undefined, match, notify]],
    ['RAM', TypeError, /^region must have handlers: "ram" is ram$/, [ram, match, notify]],
    ['a container', TypeError, /^region .*container$/, [MemoryRegion.container('c', 16), match, notify]],
    ['a reservation', TypeError, /^region .*reservation$/, [MemoryRegion.reservation('r', 16), match, notify]],
    ['an alias', TypeError, /^region .*alias$/, [MemoryRegion.alias('a', region, 0, 16), match, notify]],
    ['no match', TypeError, /^match .*undefined$/, [region, undefined, notify]],
    ['a misspelt key', TypeError, /^match .*"length"$/, [region, { offset: 8, length: 4 }, notify]],
    ['no notify', TypeError, /^notify .*undefined$/, [region, match, undefined]],
    ['an object', TypeError, /^notify .*an object$/, [region, match, {}]],
    ['no offset', TypeError, /^match.offset .*undefined$/, [region, { size: 4 }, notify]],
    ...[-1, 1.5, Number.NaN, 2 ** 53].map((offset): [string, ErrorConstructor, RegExp, [unknown, unknown, unknown]] => [
      `offset ${offset}`,
      RangeError,
      /^match.offset /,
      [region, { offset, size: 4 }, notify],
    ]),
    ...[3, 16, -1, '4', undefined, Number.NaN].map(
      (size): [string, ErrorConstructor, RegExp, [unknown, unknown, unknown]] => [
        `size ${size}`,
        TypeError,
        /^match.size /,
        [region, { offset: 8, size }, notify],
      ],
    ),
    ...[-1, -1n, 1.5, Number.NaN, 2 ** 32, 1n << 32n, Number.POSITIVE_INFINITY].map(
      (data): [string, ErrorConstructor, RegExp, [unknown, unknown, unknown]] => [
        `data ${data}`,
        RangeError,
        /^match.data .* 2\^32 - 1, .*got/,
        [region, { ...match, data }, notify],
      ],
    ),
    ['data over 8 bytes', RangeError, /^match.data .*2\^64/, [region, { offset: 8, size: 8, data: 1n << 64n }, notify]],
    ['data a number can not hold', RangeError, /^match.data /, [region, { offset: 8, size: 8, data: 2 ** 53 }, notify]],
    ['data of text', TypeError, /^match.data .*"7"$/, [region, { ...match, data: '7' }, notify]],
    ['endian', TypeError, /^match.endian .*"native"$/, [region, { ...match, endian: 'native' }, notify]],
  ])('%s', (_what, kind, text, [where, what, who]) => {
    for (const call of [addEventNotifier, removeEventNotifier]) {
      expect(() => call(bad(where), bad(what), bad(who))).toThrow(kind)
      expect(() => call(bad(where), bad(what), bad(who))).toThrow(text)
    }
  })

  test('removing what is not there', () => {
    const { region, add, take, space } = board()
    add('it', match)
    for (const [what, who] of [
      [match, notify],
      [{ ...match, data: 0 }, notify],
    ] as const)
      expect(() => removeEventNotifier(region, what, who)).toThrow(/^match .*"device"/)
    space.store32(8, 1)
    expect(take()).toEqual([[], ['it']])
  })
})
