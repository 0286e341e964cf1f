import { GuestRam, MemoryRegion, type MemoryRegionOps } from 'guestmem'
import { describe, expect, test } from 'vitest'
import { block, QUIET } from '../support/board.ts'

/** Anything, given where a type forbids it. */
// biome-ignore lint/suspicious/noExplicitAny: what is tested is what types would forbid
const bad = (value: unknown): any => value

type Refusal = readonly [what: string, kind: ErrorConstructor, text: RegExp, call: () => unknown]

const ram = block(4096)
const io = () => MemoryRegion.io('device', QUIET, 16)
const handler = () => 0

const SIZES: readonly (readonly [unknown, ErrorConstructor])[] = [
  [0, RangeError],
  [-1, RangeError],
  [1.5, RangeError],
  [Number.NaN, RangeError],
  [Number.POSITIVE_INFINITY, RangeError],
  [2 ** 64 + 4096, RangeError],
  ['16', TypeError],
  [16n, TypeError],
  [undefined, TypeError],
  [null, TypeError],
]

const ADDRESSES = [[2 ** 53, RangeError], ...SIZES.filter(([value]) => value !== 0)] as const

function named(argument: string, value: unknown): RegExp {
  const text =
    typeof value === 'string' ? JSON.stringify(value) : `${String(value)}${typeof value === 'bigint' ? 'n' : ''}`
  return new RegExp(`^${argument} .*got ${text}$`)
}

function sizes(make: (size: number) => unknown): Refusal[] {
  return SIZES.map(([value, kind]) => [`size ${String(value)}`, kind, named('size', value), () => make(bad(value))])
}

function run(refusals: readonly Refusal[]): void {
  test.each(refusals)('%s', (_what, kind, text, call) => {
    expect(call).toThrow(kind)
    expect(call).toThrow(text)
  })
}

describe('container', () => {
  run([
    ...sizes(size => MemoryRegion.container('c', size)),
    ['no name', TypeError, /^name .*got ""$/, () => MemoryRegion.container('', 16)],
    ['a name that is no string', TypeError, /^name .*got 7$/, () => MemoryRegion.container(bad(7), 16)],
  ])
})

describe('ram, rom and ramDevice', () => {
  for (const make of [MemoryRegion.ram, MemoryRegion.rom, MemoryRegion.ramDevice])
    run([
      ['no block', TypeError, /^block .*got undefined$/, () => make('m', bad(undefined))],
      ['bytes', TypeError, /^block .*got an object$/, () => make('m', bad(new Uint8Array(4)))],
      ['a GuestRam', TypeError, /^block /, () => make('m', bad(GuestRam.allocate(4096)))],
      ['a cache mode', TypeError, /cacheMode .*got "cached"$/, () => make('m', ram, { cacheMode: bad('cached') })],
      ['no cache mode', TypeError, /cacheMode .*got null$/, () => make('m', ram, { cacheMode: bad(null) })],
      ['a misspelt key', TypeError, /^options .*got "cachemode"$/, () => make('m', ram, bad({ cachemode: 'normal' }))],
      ['options', TypeError, /^options .*got "normal"$/, () => make('m', ram, bad('normal'))],
      ['a name', TypeError, /^name /, () => make(bad(null), ram)],
    ])
})

describe('io', () => {
  const ops = (fields: object) => () => MemoryRegion.io('d', bad({ read: handler, write: handler, ...fields }), 16)
  run([
    ...sizes(size => MemoryRegion.io('d', QUIET, size)),
    ['no ops', TypeError, /^ops .*got undefined$/, () => MemoryRegion.io('d', bad(undefined), 16)],
    ['ops that are a function', TypeError, /^ops .*got a function$/, () => MemoryRegion.io('d', bad(handler), 16)],
    ['no read', TypeError, /^ops.read .*got undefined$/, ops({ read: undefined })],
    ['a read that is no function', TypeError, /^ops.read .*got 5$/, ops({ read: 5 })],
    ['no write', TypeError, /^ops.write .*got undefined$/, ops({ write: undefined })],
    ['a write that is no function', TypeError, /^ops.write .*got an object$/, ops({ write: {} })],
    ['read64 alone', TypeError, /^ops.write64 .*got undefined$/, ops({ read64: handler })],
    ['write64 alone', TypeError, /^ops.read64 .*got undefined$/, ops({ write64: handler })],
    ['accepts', TypeError, /^ops.accepts .*got true$/, ops({ accepts: true })],
    ['endianness', TypeError, /^ops.endianness .*got "middle"$/, ops({ endianness: 'middle' })],
    ['valid', TypeError, /^ops.valid .*got 4$/, ops({ valid: 4 })],
    ['valid.maxSize', TypeError, /^ops.valid.maxSize .*got 3$/, ops({ valid: { maxSize: 3 } })],
    ['valid.minSize', TypeError, /^ops.valid.minSize .*got 0$/, ops({ valid: { minSize: 0 } })],
    ['valid.unaligned', TypeError, /^ops.valid.unaligned .*got 1$/, ops({ valid: { unaligned: 1 } })],
    ['valid upside down', RangeError, /^ops.valid.minSize .*got 4$/, ops({ valid: { minSize: 4, maxSize: 2 } })],
    ['a misspelt key', TypeError, /^ops.impl .*got "maxsize"$/, ops({ impl: { maxsize: 4 } })],
    ['impl.maxSize', TypeError, /^ops.impl.maxSize .*got 16$/, ops({ impl: { maxSize: 16 } })],
    ['impl.maxSize 8 without the pair', TypeError, /^ops.read64 .*got undefined$/, ops({ impl: { maxSize: 8 } })],
    ['impl upside down', RangeError, /^ops.impl.minSize .*got 4$/, ops({ impl: { minSize: 4, maxSize: 1 } })],
    ['impl.minSize over the default', RangeError, /^ops.impl.minSize .*got 8$/, ops({ impl: { minSize: 8 } })],
    ['an owner', TypeError, /^options.owner .*got 5$/, () => MemoryRegion.io('d', QUIET, 16, { owner: bad(5) })],
    [
      'a guard that is no boolean',
      TypeError,
      /^options.reentrancyGuard .*got "no"$/,
      () => MemoryRegion.io('d', QUIET, 16, { reentrancyGuard: bad('no') }),
    ],
  ])
})

describe('alias and reservation', () => {
  const target = io()
  run([
    ...sizes(size => MemoryRegion.alias('a', target, 0, size)),
    ...sizes(size => MemoryRegion.reservation('r', size)),
    ['no target', TypeError, /^target .*got undefined$/, () => MemoryRegion.alias('a', bad(undefined), 0, 16)],
    ['a block', TypeError, /^target .*got an object$/, () => MemoryRegion.alias('a', bad(ram), 0, 16)],
    ...ADDRESSES.map(([value, kind]): Refusal => {
      const call = () => MemoryRegion.alias('a', target, bad(value), 16)
      return [`offset ${String(value)}`, kind, named('offset', value), call]
    }),
  ])
})

describe('changes are refused, and nothing is changed', () => {
  const root = MemoryRegion.container('root', 4096)
  const bus = MemoryRegion.container('bus', 256)
  const device = io()
  const memory = MemoryRegion.ram('memory', ram)
  const window = MemoryRegion.alias('window', memory, 8, 16)
  const lone = io()
  root.addSubregion(0, bus)
  bus.addSubregion(16, device, 3)
  root.addSubregion(0, memory, -1)
  root.addSubregion(64, window)
  const all = [root, bus, device, memory, window, lone]
  const state = () =>
    all.map(r => [r.address, r.size, r.priority, r.enabled, r.readonly, r.targetOffset, r.container, [...r.subregions]])

  const refusals: Refusal[] = [
    ...ADDRESSES.flatMap(([value, kind]): Refusal[] => [
      [`addSubregion at ${String(value)}`, kind, named('address', value), () => root.addSubregion(bad(value), lone)],
      [`setAddress ${String(value)}`, kind, named('address', value), () => device.setAddress(bad(value))],
      [`setAliasOffset ${String(value)}`, kind, named('offset', value), () => window.setAliasOffset(bad(value))],
    ]),
    ...sizes(size => device.setSize(size)),
    ['size over the block', RangeError, /^size .*4096.*got 4097$/, () => memory.setSize(4097)],
    ...[1.5, Number.NaN, 2 ** 31, -(2 ** 31) - 1].map((value): Refusal => {
      return [`priority ${value}`, RangeError, named('priority', value), () => root.addSubregion(0, lone, value)]
    }),
    ['priority of text', TypeError, /^priority .*"1"$/, () => root.addSubregion(0, lone, bad('1'))],
    ['no region', TypeError, /^region .*undefined$/, () => root.addSubregion(0, bad(undefined))],
    ['a block', TypeError, /^region .*an object$/, () => root.addSubregion(0, bad(ram))],
    ['a region added twice', TypeError, /^region "device" .*"bus"/, () => root.addSubregion(0, device)],
    ['... to the same', TypeError, /^region "device" .*"bus"/, () => bus.addSubregion(0, device)],
    ['under itself', TypeError, /^region "root" .*itself/, () => root.addSubregion(0, root)],
    ['under what is in it', TypeError, /^region "root" .*itself/, () => device.addSubregion(0, root)],
    ['removing a stranger', TypeError, /^region "device" .*"root"/, () => root.removeSubregion(lone)],
    ["removing a child's child", TypeError, /^region "device" .*"root"/, () => root.removeSubregion(device)],
    ['removing nothing', TypeError, /^region .*null$/, () => root.removeSubregion(bad(null))],
    ['enabled', TypeError, /^enabled .*got 1$/, () => device.setEnabled(bad(1))],
    ['readonly', TypeError, /^readonly .*got undefined$/, () => device.setReadonly(bad(undefined))],
    ['an offset of no alias', TypeError, /"device"/, () => device.setAliasOffset(4)],
  ]

  test.each(refusals)('%s', (_what, kind, text, call) => {
    const before = state()
    expect(call).toThrow(kind)
    expect(call).toThrow(text)
    expect(state()).toEqual(before)
  })

  test('a size of 2^64, an address of 2^53 - 1 and a priority of -2^31 are none', () => {
    const huge = MemoryRegion.container('huge', 2 ** 64)
    const last: MemoryRegionOps = QUIET
    const region = MemoryRegion.io('last', last, 2 ** 64)
    huge.addSubregion(2 ** 53 - 1, region, -(2 ** 31))
    expect([huge.size, region.address, region.priority]).toEqual([2 ** 64, 2 ** 53 - 1, -(2 ** 31)])
  })
})
