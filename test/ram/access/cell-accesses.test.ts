import { afterEach, describe, expect, test, vi } from 'vitest'
import { type CellOptions, Cells } from '../../../src/ram/access/cells.ts'
import { type Views, viewsOf } from '../../../src/ram/access/views.ts'
import type { Kernel } from '../../../src/ram/kernels/kernel.ts'

type Elements = Uint8Array | Uint16Array | Uint32Array | BigUint64Array

const SIZE = 64

/** Memory whose accesses are written down: `load 4 at 8`, with `atomic` before it where Atomics made it. */
class Watched {
  readonly log: string[] = []
  readonly bytes: Uint8Array
  readonly views: Views
  #atomic = ''

  constructor() {
    const plain = viewsOf(new SharedArrayBuffer(SIZE))
    this.bytes = plain.u8
    this.views = {
      u8: this.#watch(plain.u8),
      u16: this.#watch(plain.u16),
      u32: this.#watch(plain.u32),
      u64: this.#watch(plain.u64),
    }
    vi.stubGlobal('Atomics', {
      load: (view: Elements, index: number) => this.#atomically(() => view[index]),
      store: (view: Elements, index: number, value: never) =>
        this.#atomically(() => {
          view[index] = value
        }),
    })
  }

  /** A kernel that only writes down what is asked of it; 64-bit values are 0x55555555_33333333. */
  readonly kernel = new Proxy({} as Kernel, {
    get: (_, name: string) =>
      name === 'high'
        ? () => 0x5555_5555
        : (...given: number[]) => {
            this.log.push(`kernel ${name} ${given.join(' ')}`)
            return 0x3333_3333
          },
  })

  #atomically(access: () => unknown): unknown {
    this.#atomic = 'atomic '
    try {
      return access()
    } finally {
      this.#atomic = ''
    }
  }

  #watch<T extends Elements>(elements: T): T {
    const width = elements.BYTES_PER_ELEMENT
    const note = (kind: string, index: string | symbol) => {
      if (typeof index === 'string' && /^\d+$/.test(index))
        this.log.push(`${this.#atomic}${kind} ${width} at ${Number(index) * width}`)
    }
    return new Proxy(elements, {
      get(target, index) {
        note('load', index)
        return Reflect.get(target, index, target)
      },
      set(target, index, value) {
        note('store', index)
        return Reflect.set(target, index, value, target)
      },
    })
  }
}

/** S6's split: ascending, each piece as wide as its alignment and the rest allow, up to 4 bytes. */
function pieces(address: number, size: number): [width: number, address: number][] {
  if (address % size === 0) return [[size, address]]
  const list: [number, number][] = []
  for (let at = address; at < address + size; ) {
    let width = 4
    while (at % width !== 0 || at + width > address + size) width /= 2
    list.push([width, at])
    at += width
  }
  return list
}

const LOADS: [string, number, (cells: Cells, address: number) => unknown][] = [
  ['load8', 1, (cells, at) => cells.load8(at)],
  ['load16', 2, (cells, at) => cells.load16(at)],
  ['load32', 4, (cells, at) => cells.load32(at)],
  ['load64', 8, (cells, at) => cells.load64(at)],
  ['load64Pair', 8, (cells, at) => cells.load64Pair(at)],
]
const STORES: [string, number, (cells: Cells, address: number) => unknown][] = [
  ['store8', 1, (cells, at) => cells.store8(at, 0xa1)],
  ['store16', 2, (cells, at) => cells.store16(at, 0xb2a1)],
  ['store32', 4, (cells, at) => cells.store32(at, 0xd4c3b2a1)],
  ['store64', 8, (cells, at) => cells.store64(at, 0x1807_f6e5_d4c3_b2a1n)],
  ['store64Pair', 8, (cells, at) => cells.store64Pair(at, 0xd4c3b2a1, 0x1807_f6e5)],
]
const BYTES = [0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0xf6, 0x07, 0x18]
const SPLIT: CellOptions = { atomic: false, oneAccess: false, unaligned: 'split' }

afterEach(() => vi.unstubAllGlobals())

describe.each([false, true])('H2, H3, S6: the accesses that a cell makes without a kernel (atomic: %s)', atomic => {
  const of = (kind: string, size: number, address: number) =>
    pieces(address, size).map(([width, at]) => `${atomic || width === 8 ? 'atomic ' : ''}${kind} ${width} at ${at}`)

  test.each(LOADS)('%s: one where aligned, else ascending pieces', (_name, size, load) => {
    const memory = new Watched()
    const cells = new Cells(memory.views, undefined, { ...SPLIT, atomic })
    for (let address = 8; address < 24; address++) {
      memory.log.length = 0
      load(cells, address)
      expect(memory.log).toEqual(of('load', size, address))
    }
  })

  test.each(STORES)('%s: one where aligned, else ascending pieces', (_name, size, store) => {
    const memory = new Watched()
    const cells = new Cells(memory.views, undefined, { ...SPLIT, atomic })
    for (let address = 8; address < 24; address++) {
      memory.bytes.fill(0)
      memory.log.length = 0
      store(cells, address)
      expect(memory.log).toEqual(of('store', size, address))
      expect([...memory.bytes.slice(address - 1, address + size + 1)]).toEqual([0, ...BYTES.slice(0, size), 0])
    }
  })
})

describe('with a kernel', () => {
  const ONE: CellOptions = { atomic: false, oneAccess: true, unaligned: 'refuse' }
  const unaligned: [string, (cells: Cells) => unknown, string, unknown][] = [
    ['load16', cells => cells.load16(9), 'kernel load16 9', 0x3333_3333],
    ['load32', cells => cells.load32(9), 'kernel load32 9', 0x3333_3333],
    ['load64', cells => cells.load64(9), 'kernel load64 9', 0x5555_5555_3333_3333n],
    ['store16', cells => cells.store16(9, 1), 'kernel store16 9 1', undefined],
    ['store32', cells => cells.store32(9, 2), 'kernel store32 9 2', undefined],
    ['store64', cells => cells.store64(9, 0x4_0000_0003n), 'kernel store64 9 3 4', undefined],
    ['store64Pair', cells => cells.store64Pair(9, 3, 4), 'kernel store64 9 3 4', undefined],
  ]

  test.each(unaligned)('H3: an unaligned %s is one instruction where the host has it', (_name, access, line, value) => {
    const memory = new Watched()
    const cells = new Cells(memory.views, memory.kernel, ONE)
    const got = access(cells)
    expect(memory.log).toEqual([line])
    if (value !== undefined) expect(got).toBe(value)
  })

  test.each<[string, CellOptions]>([
    ['the host has no such instruction', { ...SPLIT }],
    ['an access must be atomic', { ...SPLIT, oneAccess: true, atomic: true }],
  ])('an unaligned one is split where %s', (_why, options) => {
    for (const [, size, access] of [...LOADS, ...STORES]) {
      const memory = new Watched()
      access(new Cells(memory.views, memory.kernel, options), 13)
      const widths = memory.log.map(line => Number(/(\d) at|kernel atomic(?:Load|Store)(?=32)/.exec(line)?.[1] ?? 4))
      expect(widths).toEqual(pieces(13, size).map(([width]) => width))
    }
  })

  test('S5: 64 aligned bits of a bigint are one store, atomic in the language order alone: on x86 that one loads, too', () => {
    for (const [options, store] of [
      [ONE, 'kernel store64 8 3 4'],
      [SPLIT, 'kernel store64 8 3 4'],
      [{ ...SPLIT, atomic: true }, 'atomic store 8 at 8'],
    ] as const) {
      const memory = new Watched()
      const cells = new Cells(memory.views, memory.kernel, options)
      cells.store64(8, 0x4_0000_0003n)
      expect(memory.log).toEqual([store])
    }
  })

  test.each<[string, (cells: Cells) => unknown, string]>([
    ['load', cells => cells.load32(8), 'atomicLoad32 8'],
    ['store', cells => cells.store32(8, 7), 'atomicStore32 8 7'],
  ])(
    "a %s of 32 aligned bits that must be atomic is the kernel's, where it has one, else made by Atomics",
    (kind, access, line) => {
      const memory = new Watched()
      access(new Cells(memory.views, memory.kernel, { ...SPLIT, atomic: true }))
      access(new Cells(memory.views, {} as Kernel, { ...SPLIT, atomic: true }))
      expect(memory.log).toEqual([`kernel ${line}`, `atomic ${kind} 4 at 8`])
    },
  )

  test('64 aligned bits are one plain element where they may be', () => {
    const memory = new Watched()
    const cells = new Cells(memory.views, memory.kernel, { ...ONE, elements64: true })
    cells.store64(8, 0x0102_0304_0506_0708n)
    expect([cells.load64(8), cells.load64Pair(8), cells.high]).toEqual([
      0x0102_0304_0506_0708n,
      0x0506_0708,
      0x0102_0304,
    ])
    cells.store64Pair(16, 3, 4)
    expect(cells.load64(16)).toBe(0x4_0000_0003n)
    expect(memory.log).toEqual(['store 8 at 8', 'load 8 at 8', 'load 8 at 8', 'store 8 at 16', 'load 8 at 16'])
  })

  test('pairs of 64 aligned bits are one atomic load, and one store of the order in force', () => {
    for (const [options, store] of [
      [ONE, 'kernel store64 8 3 4'],
      [SPLIT, 'kernel store64 8 3 4'],
      [{ ...ONE, atomic: true }, 'kernel atomicStore64 8 3 4'],
    ] as const) {
      const memory = new Watched()
      const cells = new Cells(memory.views, memory.kernel, options)
      expect([cells.load64Pair(8), cells.high]).toEqual([0x3333_3333, 0x5555_5555])
      cells.store64Pair(8, 3, 4)
      expect(memory.log).toEqual(['kernel atomicLoad64 8', store])
    }
  })
})

describe('S6: what is permitted', () => {
  const memory = viewsOf(new SharedArrayBuffer(SIZE))
  const kernel = {} as Kernel
  const unaligned = (options: CellOptions, given?: Kernel) => new Cells(memory, given, options).permits(9, 2)

  test('aligned accesses always', () => {
    const cells = new Cells(memory, undefined, { ...SPLIT, unaligned: 'refuse' })
    for (const size of [1, 2, 4, 8]) {
      expect(cells.permits(16, size)).toBe(true)
      expect(cells.permits(16 + size, size)).toBe(true)
      if (size > 1) expect(cells.permits(16 + size / 2, size)).toBe(false)
    }
  })

  test('unaligned ones where they are split, or one instruction', () => {
    const refuse: CellOptions = { ...SPLIT, unaligned: 'refuse' }
    expect(unaligned(SPLIT)).toBe(true)
    expect(unaligned(refuse)).toBe(false)
    expect(unaligned({ ...refuse, oneAccess: true })).toBe(false)
    expect(unaligned({ ...refuse, oneAccess: true }, kernel)).toBe(true)
    expect(unaligned({ ...refuse, oneAccess: true, atomic: true }, kernel)).toBe(false)
    expect(unaligned(refuse, kernel)).toBe(false)
  })

  test.each([...LOADS, ...STORES].filter(([, size]) => size > 1))(
    '%s throws where it is not, and nothing is stored',
    (_name, size, access) => {
      const before = memory.u8.slice()
      const cells = new Cells(memory, undefined, { ...SPLIT, unaligned: 'refuse' })
      expect(() => access(cells, 9)).toThrow(
        new RangeError(
          `address must be a multiple of ${size}, got 9: unaligned accesses are refused and this host has none`,
        ),
      )
      expect(memory.u8).toEqual(before)
    },
  )
})
