import {
  AddressSpace,
  accessValid,
  MemoryRegion,
  type MemoryRegionOps,
  MemTxFault,
  MemTxResult,
  memTxFault,
  memTxResult,
} from 'guestmem'
import { describe, expect, test } from 'vitest'

const { OK, ERROR, DECODE_ERROR, ACCESS_ERROR } = MemTxResult

// biome-ignore lint/suspicious/noExplicitAny: what is tested is what types would forbid
type Any = any
type Handler = 'read' | 'write' | 'read64' | 'write64' | 'accepts'

/** A device of 64 bytes at 0x40 whose one handler gives this answer, and an innocent one of the same owner at 0. */
function board(handler: Handler, answer: unknown, extra: Partial<MemoryRegionOps> = {}) {
  const given = { answer }
  const good: MemoryRegionOps = {
    read: () => 7,
    write: () => undefined,
    read64: () => 7n,
    write64: () => undefined,
    valid: { unaligned: true, maxSize: 8 },
  }
  const ops = { ...good, ...extra, [handler]: () => given.answer } as MemoryRegionOps
  const owner = {}
  const root = MemoryRegion.container('root', 0x100)
  root.addSubregion(0x40, MemoryRegion.io('uart 0', ops, 0x40, { owner }))
  root.addSubregion(0, MemoryRegion.io('other', good, 0x40, { owner }))
  return { space: new AddressSpace('space', root), given }
}

const BYTES = new Uint8Array(8)

/** Accesses that call a handler, in each of the ways that lead to one. */
const ACCESSES: Record<Handler, readonly ((space: AddressSpace) => unknown)[]> = {
  read: [
    space => space.load8(0x40),
    space => space.load16(0x42),
    space => space.load32(0x41),
    space => space.load32(0x44),
    space => space.read(0x40, new Uint8Array(4)),
    space => space.map(0x41, 2),
  ],
  write: [
    space => space.store8(0x40, 1),
    space => space.store16(0x43, 1),
    space => space.store32(0x44, 1),
    space => space.write(0x40, BYTES.subarray(0, 3)),
    space => space.fill(0x42, 1, 2),
  ],
  read64: [
    space => space.load64(0x40),
    space => space.load64Pair(0x48),
    space => space.load64be(0x41),
    space => space.read(0x40, new Uint8Array(8)),
  ],
  write64: [
    space => space.store64(0x40, 1n),
    space => space.store64Pair(0x48, 1, 2),
    space => space.write(0x40, BYTES),
    space => space.fill(0x40, 1, 8),
  ],
  accepts: [
    space => space.load8(0x40),
    space => space.store32(0x44, 1),
    space => space.load64(0x40),
    space => space.store64(0x40, 1n),
    space => space.read(0x40, new Uint8Array(8)),
    space => accessValid(space, 0x40, 4),
  ],
}

/** Answers, and how an error shows them. */
const NO_ANSWERS: readonly (readonly [unknown, string])[] = [
  [null, 'null'],
  [{}, 'an object'],
  [{ result: 1 }, 'an object'],
  [[], 'an array'],
  ['0', '"0"'],
  [Symbol('s'), 'Symbol(s)'],
  [() => 1, 'a function'],
  [Promise.resolve(5), 'a promise: no handler can be async'],
  [Object.create(MemTxFault.prototype), 'an object'],
]
const BAD: Record<Handler, readonly (readonly [unknown, string])[]> = {
  read: [...NO_ANSWERS, [undefined, 'undefined'], [true, 'true'], [5n, '5']],
  read64: [...NO_ANSWERS, [undefined, 'undefined'], [true, 'true'], [5, '5']],
  write: [
    ...NO_ANSWERS,
    [true, 'true'],
    [0n, '0'],
    [8, '8'],
    [96, '96'],
    [0xffff_ffff, '4294967295'],
    [-1, '-1'],
    [0.5, '0.5'],
    [Number.NaN, 'NaN'],
  ],
  write64: [...NO_ANSWERS, [true, 'true'], [1n, '1'], [8, '8'], [2 ** 40, String(2 ** 40)], [-1, '-1']],
  accepts: [...NO_ANSWERS, [undefined, 'undefined'], [1, '1'], [0, '0'], [1n, '1']],
}

describe.each(Object.keys(BAD) as Handler[])('%s that answers', handler => {
  test.each(BAD[handler])('%s: a TypeError, and all is as before', (answer, text) => {
    const { space, given } = board(handler, answer)
    const good = handler === 'accepts' ? true : handler === 'read' ? 1 : handler === 'read64' ? 1n : undefined
    for (const access of ACCESSES[handler]) {
      given.answer = answer
      expect(() => access(space)).toThrow(TypeError)
      expect(() => access(space)).toThrow(`${handler} of region "uart 0" must return `)
      expect(() => access(space)).toThrow(`, got ${text}`)
      // The device's mark, and the budget, were given back.
      expect([space.load8(0), space.result]).toEqual([7, OK])
      expect(space.bounceBytesLeft).toBe(4096)
      given.answer = good
      expect(() => access(space)).not.toThrow()
      expect([OK, undefined]).toContain(space.result)
    }
  })
})

describe('what a write handler may answer', () => {
  test.each([undefined, 0, -0, 1, 2, 3, 4, 5, 6, 7])('%s', answer => {
    for (const [handler, size] of [
      ['write', 4],
      ['write64', 8],
    ] as const) {
      const { space } = board(handler, answer)
      expect(space.write(0x40, BYTES.subarray(0, size))).toBe(answer || 0)
      expect(space.result).toBe(answer || 0)
      if (size === 8) space.store64(0x40, 1n)
      else space.store32(0x40, 1)
      expect(space.result).toBe(answer || 0)
    }
  })

  test.each([1, 2, 3, 4, 5, 6, 7])('memTxFault(%i) is heard, whole or in pieces', result => {
    const pieces = { impl: { maxSize: 1 } } as const
    for (const extra of [
      {},
      pieces,
      { accepts: () => true },
      { impl: { aligned: true, minSize: 4, maxSize: 4 } },
    ] as const) {
      const { space } = board('write', memTxFault(result), extra)
      space.store8(0x41, 1)
      expect(space.result).toBe(result)
      space.store32(0x44, 1)
      expect(space.result).toBe(result)
      expect(space.write(0x40, BYTES.subarray(0, 7))).toBe(result)
      expect(space.fill(0x40, 0, 3)).toBe(result)
    }
    const { space } = board('write64', memTxFault(result))
    space.store64(0x40, 1n)
    expect(space.result).toBe(result)
    expect(space.write(0x40, BYTES)).toBe(result)
  })

  test('results of pieces are OR-ed, whatever way each is said', () => {
    const answers = [memTxFault(ERROR), undefined, ACCESS_ERROR, OK]
    const root = MemoryRegion.io('d', { read: () => 0, write: offset => answers[offset], impl: { maxSize: 1 } }, 4)
    const space = new AddressSpace('space', root)
    space.store32(0, 0)
    expect(space.result).toBe(ERROR | ACCESS_ERROR)
  })
})

describe('what a read handler may answer', () => {
  test.each([
    [-1, 0xffff_ffff],
    [2 ** 32 + 5, 5],
    [1.9, 1],
    [-1.9, 0xffff_ffff],
    [Number.NaN, 0],
    [Number.POSITIVE_INFINITY, 0],
    [-(2 ** 40) - 2, 0xffff_fffe],
  ])('%s is read as %i', (answer, value) => {
    for (const extra of [{}, { accepts: () => true }]) {
      const { space } = board('read', answer, extra)
      expect([space.load32(0x40), space.result]).toEqual([value, OK])
      expect(space.load16(0x40)).toBe(value & 0xffff)
      expect(space.load8(0x41)).toBe(value & 0xff)
    }
  })

  test.each([1, 4, 7])('memTxFault(%i): zero data', result => {
    const { space } = board('read', memTxFault(result))
    expect([space.load32(0x40), space.result]).toEqual([0, result])
    const wide = board('read64', memTxFault(result)).space
    expect([wide.load64(0x40), wide.result]).toEqual([0n, result])
  })
})

describe('types', () => {
  const registers = new Uint32Array(4)
  const read = () => 0

  test('refuse handlers whose answer is a register, or a number of any other kind', () => {
    const bad: MemoryRegionOps[] = [
      // @ts-expect-error: an arrow function without braces returns what it assigns
      { read, write: (offset, value) => (registers[offset] = value) },
      // @ts-expect-error: no number is a result, be it as small as one
      { read, write: () => 1 },
      // @ts-expect-error: what is OR-ed is a plain number
      { read, write: () => ERROR | DECODE_ERROR },
      // @ts-expect-error: no handler can be async
      { read: async () => 0, write: () => undefined },
      // @ts-expect-error: nor can this one
      { read, write: async () => undefined },
      // @ts-expect-error: of 64 bits, too
      { read, write: () => undefined, read64: () => 0n, write64: (_, value) => value },
      // @ts-expect-error: a bigint is read
      { read, write: () => undefined, read64: () => 0, write64: () => undefined },
      // @ts-expect-error: what only counts as true
      { read, write: () => undefined, accepts: (_, size) => size & 4 },
    ]
    expect(bad).toHaveLength(8)
  })

  test('take all that is right', () => {
    const space = new AddressSpace('space', MemoryRegion.container('root', 16))
    const good: MemoryRegionOps[] = [
      { read, write() {} },
      {
        read,
        write: (offset, value) => {
          registers[offset] = value
        },
      },
      { read, write: () => undefined },
      { read, write: () => MemTxResult.OK },
      { read, write: offset => (offset === 0 ? OK : ERROR) },
      { read, write: () => memTxFault(ERROR | DECODE_ERROR) },
      { read, write: () => memTxResult(ERROR | DECODE_ERROR) },
      { read, write: (_, value) => space.write(0, new Uint8Array(value)) },
      {
        read,
        write(offset, value) {
          space.store32(offset, value)
          return space.result
        },
      },
      { read: () => memTxFault(ERROR), write() {}, read64: () => memTxFault(ERROR), write64() {} },
    ]
    for (const ops of good) expect(MemoryRegion.io('device', ops, 16).kind).toBe('io')
    const failed: boolean = (space.result & ERROR) !== 0 || space.result === OK || space.result !== 4
    let all: number = OK
    all |= space.result
    expect([failed, memTxResult(all)]).toEqual([true, 0])
  })
})

describe('memTxResult and memTxFault', () => {
  const wrong = [-1, 8, 1.5, Number.NaN, 2 ** 32, '1', null, undefined, {}, 1n, 'length', 'push'] as Any[]

  test.each([0, 1, 2, 3, 4, 5, 6, 7])('memTxResult(%i) is that number', bits => {
    expect(memTxResult(bits)).toBe(bits)
  })

  test.each(wrong)('%s is no result', value => {
    expect(() => memTxResult(value)).toThrow(/^bits must be a set of MemTxResult bits from 0 to 7, got /)
    expect(() => memTxFault(value)).toThrow(/^result must be a set of MemTxResult bits from 1 to 7, got /)
    expect(() => new MemTxFault(value)).toThrow(/^result must be a set of MemTxResult bits from 1 to 7, got /)
  })

  test('OK is no fault', () => {
    expect(() => memTxFault(0)).toThrow(RangeError)
    expect(() => new MemTxFault(0)).toThrow(RangeError)
    expect(Object.isFrozen(new MemTxFault(3))).toBe(true)
  })
})
