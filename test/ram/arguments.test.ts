import {
  codeWrites,
  GuestRam,
  hostProfile,
  MemoryRegion,
  type RamBlock,
  ramCopy,
  ramFill,
  ramMove,
  readb,
  readl,
  readq,
  readw,
  resizableRam,
  SparseRam,
  writeb,
  writel,
  writeq,
  writew,
} from 'guestmem'
import { afterEach, describe, expect, test, vi } from 'vitest'

// biome-ignore lint/suspicious/noExplicitAny: what is tested is what types would forbid
const bad = (value: unknown): any => value

const SIZE = 4096
const ram = GuestRam.allocate(1 << 16)
ram.block('first', 1)
const block = ram.block('block', SIZE)
const other = ram.block('other', SIZE)
const user = new Uint8Array(64)
const sparse = new SparseRam()
for (let i = 0; i < SIZE; i++) block.view()[i] = i * 7

/** Everything that a refused call could have changed. */
const state = () => [
  Buffer.from(new Uint8Array(ram.buffer)).toString('latin1'),
  [...user],
  ram.blocks.length,
  sparse.allocatedBytes,
]

/** What is no number, and how an error shows it. */
const NO_NUMBERS: readonly (readonly [unknown, string])[] = [
  [undefined, 'undefined'],
  [null, 'null'],
  ['0', '"0"'],
  ['', '""'],
  [0n, '0n'],
  [-7n, '-7n'],
  [true, 'true'],
  [Symbol('s'), 'Symbol(s)'],
  [() => 0, 'a function'],
  [[0], 'an array'],
  [{ valueOf: () => 0 }, 'an object'],
  [new Date(0), 'an object'],
  [new Proxy([0], {}), 'an array'],
  [
    {
      get [Symbol.toStringTag]() {
        throw new Error('its own')
      },
    },
    'an object',
  ],
]
const NO_INTEGERS = [
  -1,
  -0.5,
  0.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  2 ** 53,
  -(2 ** 53),
  1e300,
]

/** An integer argument: by its name, and the call that has it. `may` is what it may be beside integers from 0 on. */
type Case = [call: string, argument: string, run: (value: never) => unknown, may?: readonly unknown[]]

const registers: Case[] = (
  [
    ['readb', readb],
    ['readw', readw],
    ['readl', readl],
    ['readq', readq],
    ['writeb', (b: RamBlock, at: number) => writeb(b, at, 1)],
    ['writew', (b: RamBlock, at: number) => writew(b, at, 1)],
    ['writel', (b: RamBlock, at: number) => writel(b, at, 1)],
    ['writeq', (b: RamBlock, at: number) => writeq(b, at, 1n)],
  ] as const
).map(([name, access]): Case => [name, 'offset', at => access(block, at)])

const values: Case[] = (
  [
    ['writeb', writeb],
    ['writew', writew],
    ['writel', writel],
  ] as const
).map(([name, write]): Case => [name, 'value', value => write(block, 8, value), [-1]])

describe.each<Case>([
  ['allocate', 'bytes', bytes => GuestRam.allocate(bytes)],
  ['block', 'bytes', bytes => ram.block('b', bytes)],
  ['view', 'offset', offset => block.view(offset), [undefined]],
  ['view', 'length', length => block.view(0, length), [undefined]],
  ['ramFill', 'offset', offset => ramFill(block, offset, 1, 1)],
  ['ramFill', 'value', value => ramFill(block, 0, value, 1)],
  ['ramFill', 'length', length => ramFill(block, 0, 1, length)],
  ...[ramCopy, ramMove].flatMap((copy): Case[] => [
    [`${copy.name} of blocks`, 'dstOffset', at => copy(block, at, other, 0, 1)],
    [`${copy.name} of blocks`, 'srcOffset', at => copy(block, 0, other, at, 1)],
    [`${copy.name} of blocks`, 'length', length => copy(block, 0, other, 0, length)],
    [`${copy.name} from an array`, 'dstOffset', at => copy(block, at, user, 0, 1)],
    [`${copy.name} from an array`, 'srcOffset', at => copy(block, 0, user, at, 1)],
    [`${copy.name} from an array`, 'length', length => copy(block, 0, user, 0, length)],
    [`${copy.name} to an array`, 'dstOffset', at => copy(user, at, block, 0, 1)],
    [`${copy.name} to an array`, 'srcOffset', at => copy(user, 0, block, at, 1)],
    [`${copy.name} to an array`, 'length', length => copy(user, 0, block, 0, length)],
  ]),
  ...registers,
  ...values,
  ['SparseRam', 'options.memoryBytes', memoryBytes => new SparseRam({ memoryBytes }), [undefined]],
  ['SparseRam.blocks', 'bytes', bytes => sparse.blocks('b', bytes)],
  ['allocate', 'options.scratchLimit', scratchLimit => GuestRam.allocate(1, { scratchLimit }), [undefined, null]],
])('%s: %s', (_call, argument, run, may = []) => {
  const text = (shown: string) =>
    new RegExp(`^${argument.replace('.', '\\.')} must be .*, got ${shown.replace(/[()[\]+.]/g, '\\$&')}$`)

  test('is refused by name and value, and nothing changes', () => {
    const before = state()
    for (const [value, shown] of NO_NUMBERS) {
      if (may.includes(value)) continue
      expect(() => run(value as never)).toThrow(TypeError)
      expect(() => run(value as never)).toThrow(text(shown))
    }
    for (const value of NO_INTEGERS) {
      if (may.includes(value)) continue
      expect(() => run(value as never)).toThrow(RangeError)
      expect(() => run(value as never)).toThrow(text(String(value)))
    }
    expect(state()).toEqual(before)
  })
})

test('a store of a register takes integers modulo its width, and no others', () => {
  for (const [write, read, size] of [
    [writeb, readb, 8],
    [writew, readw, 16],
    [writel, readl, 32],
  ] as const)
    for (const value of [
      -1,
      2 ** 31,
      2 ** 32 + 5,
      -(2 ** 40) - 3,
      Number.MAX_SAFE_INTEGER,
      Number.MIN_SAFE_INTEGER,
      -0,
    ]) {
      write(block, 16, value)
      expect(BigInt(read(block, 16))).toBe(BigInt.asUintN(size, BigInt(value)))
    }
  for (const value of [undefined, 1, '1', null])
    expect(() => writeq(block, 16, bad(value))).toThrow(/^value must be a bigint, got /)
})

describe('what is no block', () => {
  const fakes: [string, unknown, RegExp][] = [
    ['a GuestRam', ram, /got a GuestRam: cut one with ram\.block\(name, bytes\)$/],
    ['an object with the fields of one', { ram, name: 'b', offset: 0, size: 2 ** 40 }, /got an object$/],
    ['the fields of one', { ...block }, /got an object$/],
    ['what inherits from one', Object.create(block), /got an object$|another copy of guestmem/],
    [
      'what has its prototype',
      Object.assign(Object.create(Object.getPrototypeOf(block)), block),
      /got an object$|another copy of guestmem/,
    ],
    ['a stand-in', new Proxy(block, {}), /got an object$|another copy of guestmem/],
    ['an array of one', [block], /got an array$/],
    ['a name', 'block', /got "block"$/],
    ['nothing', undefined, /got undefined$/],
  ]
  const calls: [string, string, (value: never) => unknown][] = [
    ...[ramCopy, ramMove].flatMap((copy): [string, string, (value: never) => unknown][] => [
      [`${copy.name} from a block`, 'dst', value => copy(value, 0, block, 0, 1)],
      [`${copy.name} to a block`, 'src', value => copy(block, 0, value, 0, 1)],
      [`${copy.name} from an array`, 'dst', value => copy(value, 0, user, 0, 1)],
      [`${copy.name} to an array`, 'src', value => copy(user, 0, value, 0, 1)],
      [`${copy.name} within it`, 'dst', value => copy(value, 60000, value, 0, 8)],
    ]),
    ['ramFill', 'dst', value => ramFill(value, 0, 1, 1)],
    ['readb', 'block', value => readb(value, 0)],
    ['readw', 'block', value => readw(value, 0)],
    ['readl', 'block', value => readl(value, 0)],
    ['readq', 'block', value => readq(value, 0)],
    ['writeb', 'block', value => writeb(value, 0, 1)],
    ['writew', 'block', value => writew(value, 0, 1)],
    ['writel', 'block', value => writel(value, 0, 1)],
    ['writeq', 'block', value => writeq(value, 0, 1n)],
    ['handleOf', 'block', value => sparse.handleOf(value)],
    ['codeWrites', 'block', value => codeWrites(value)],
    ['resizableRam', 'block', value => resizableRam('r', value, 1)],
    ['MemoryRegion.ram', 'block', value => MemoryRegion.ram('r', value)],
    ['MemoryRegion.rom', 'block', value => MemoryRegion.rom('r', value)],
    ['MemoryRegion.ramDevice', 'block', value => MemoryRegion.ramDevice('r', value)],
    ['MemoryRegion.ram of several', 'block\\[1\\]', value => MemoryRegion.ram('r', [block, value])],
  ]

  test.each(calls)('%s: %s is refused, however often the right thing was done before', (call, argument, run) => {
    for (let i = 0; i < 200; i++) ramCopy(block, i, other, i, 1)
    const before = state()
    for (const [what, value, shown] of fakes) {
      if (Array.isArray(value) && call.startsWith('MemoryRegion')) continue
      const refused = () => run(value as never)
      expect(refused, what).toThrow(TypeError)
      expect(refused, what).toThrow(new RegExp(`^${argument} must be `))
      if (call !== 'handleOf') expect(refused, what).toThrow(shown)
    }
    expect(state()).toEqual(before)
  })

  test('a number is told how to come by one', () => {
    for (const [, argument, run] of calls.filter(([name]) => !/^ram(Copy|Move)|handleOf/.test(name)))
      expect(() => run(4096 as never)).toThrow(
        new RegExp(`^${argument} must be a RamBlock, got 4096: cut one with ram\\.block\\(name, bytes\\)$`),
      )
  })

  test('a block of another copy of guestmem is told of as that', async () => {
    vi.resetModules()
    const copy = (await import('guestmem')) as typeof import('guestmem')
    expect(copy.GuestRam).not.toBe(GuestRam)
    const foreign = copy.GuestRam.allocate(1 << 16)
    const strange = foreign.block('block', SIZE)
    for (const [call, argument, run] of calls) {
      const text = new RegExp(
        `^${argument} must be a RamBlock( or a Uint8Array)?, got one that belongs to another copy of guestmem`,
      )
      if (call !== 'handleOf') expect(() => run(strange as never), call).toThrow(text)
      expect(() => run(foreign as never), call).toThrow(TypeError)
    }
  })
})

describe('options', () => {
  afterEach(() => {
    for (const key of ['order', 'lane', 'host', 'unaligned', 'scratchLimit', 'beyondScratch', 'memoryBytes', 'shared'])
      delete bad(Object.prototype)[key]
  })
  const makers: [string, (options?: never) => { order: string; lane: { name: string } }][] = [
    ['allocate', options => GuestRam.allocate(4096, options)],
    ['attach', options => GuestRam.attach(ram.handle, options)],
    ['SparseRam', options => (new SparseRam(options).blocks('b', 1)[0] as RamBlock).ram],
  ]

  test.each(makers)('%s: undefined is as good as none', (_name, make) => {
    const none = undefined
    const made = make({
      order: none,
      lane: none,
      host: none,
      unaligned: none,
      scratchLimit: none,
      beyondScratch: none,
    } as never)
    expect([made.order, made.lane.name]).toEqual([make().order, make().lane.name])
  })

  test.each(makers)('%s: what Object.prototype was given changes nothing', (_name, make) => {
    const { order, lane } = make()
    Object.assign(Object.prototype, {
      order: order === 'host' ? 'language' : 'host',
      lane: 'script',
      host: hostProfile({ base: 'riscv64' }),
      memoryBytes: 'much',
      scratchLimit: -1,
      unaligned: 'never',
      beyondScratch: 'upwards',
      shared: true,
    })
    for (const options of [undefined, {}, { order: undefined }, Object.create({ lane: 'script' })]) {
      const made = make(options as never)
      expect([made.order, made.lane.name]).toEqual([order, lane.name])
    }
  })

  test.each(makers)('%s: what is inherited is none, and each is read once', (_name, make) => {
    let asked = 0
    const made = make({
      get order() {
        return asked++ === 0 ? 'language' : 'host'
      },
    } as never)
    expect([made.order, asked]).toEqual(['language', 1])
    expect(make(Object.create({ order: 'nonsense' })).order).toBe(make().order)
  })

  test('wrap takes them too', () => {
    const wrap = (options: unknown) => GuestRam.wrap(new SharedArrayBuffer(8), bad(options))
    expect(wrap({ order: 'language', lane: undefined }).order).toBe('language')
    Object.assign(Object.prototype, { lane: 'wasm' })
    expect(wrap({}).lane.name).toBe('script')
    expect(() => wrap({ order: 5n })).toThrow(/^options\.order .*got 5n$/)
  })
})

describe('wrap: buffer', () => {
  test.each<[string, unknown, RegExp]>([
    ['a stand-in of a private one', new Proxy(new ArrayBuffer(8), {}), /^buffer .*got an object$/],
    ['a stand-in of an array', new Proxy(new Uint8Array(8), {}), /^buffer .*got an object$/],
    ['what looks like one', Object.create(SharedArrayBuffer.prototype), /^buffer .*got an object$/],
    [
      'what says that it is one',
      { [Symbol.toStringTag]: 'SharedArrayBuffer', byteLength: 8 },
      /^buffer .*got an object$/,
    ],
    ['a stand-in', new Proxy(new SharedArrayBuffer(8), {}), /^buffer .*got an object$/],
    ['nothing', undefined, /^buffer .*got undefined$/],
    ['a bigint', 8n, /^buffer .*got 8n$/],
  ])('%s', (_what, buffer, text) => {
    expect(() => GuestRam.wrap(bad(buffer))).toThrow(TypeError)
    expect(() => GuestRam.wrap(bad(buffer))).toThrow(text)
  })
})
