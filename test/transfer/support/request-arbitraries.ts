import fc from 'fast-check'
import type { AccessConstraints, AccessSize } from 'guestmem'
import {
  type Action,
  ATTRS,
  type BufferSpec,
  type DeviceSpec,
  FORMS,
  type Form,
  type MapChange,
  MEMORY_BYTES,
  type PlaceSpec,
  type Plan,
  type RamSpec,
  type Request,
  type Spot,
  type WorldSpec,
} from './request-spec.ts'

/** The same few places below 2^32 and above: a half of the islands differs from 0 in its high bits alone. */
const ISLANDS = [0, 2 ** 32, 2 ** 32 - 64, 2 ** 31 - 64, 2 ** 33 + 2 ** 32, 2 ** 53 - 256]
const index = fc.nat(9)
const offset = fc.oneof(fc.constantFrom(0, 1, 2, 4, 7, 8, 16, 32, 62, 64, 96), fc.nat(160))
const size = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(1, 2, 3, 4, 8, 15, 16, 24, 32, 64) },
  { weight: 4, arbitrary: fc.integer({ min: 1, max: MEMORY_BYTES }) },
  { weight: 1, arbitrary: fc.integer({ min: 500, max: 700 }) },
)

const ram: fc.Arbitrary<RamSpec> = fc.record({
  lane: fc.constantFrom('wasm', 'script', 'wrap'),
  order: fc.constantFrom('host', 'language'),
  unaligned: fc.constantFrom('split', 'refuse'),
  host: fc.constantFrom('x86-64', 'aarch64', 'unknown'),
})

/** Sizes of which the smaller is `minSize`; each may be left out. */
function constraints(max: readonly AccessSize[]): fc.Arbitrary<AccessConstraints> {
  const one = fc.option(fc.constantFrom(...max), { nil: undefined, freq: 2 })
  return fc.tuple(one, one, fc.constantFrom(true, false, undefined)).map(([first, second, unaligned]) => {
    const bounded = first !== undefined && second !== undefined
    const minSize = bounded ? (Math.min(first, second) as AccessSize) : first
    const maxSize = bounded ? (Math.max(first, second) as AccessSize) : second
    return { ...(minSize && { minSize }), ...(maxSize && { maxSize }), ...(unaligned !== undefined && { unaligned }) }
  })
}

const device: fc.Arbitrary<DeviceSpec> = fc
  .boolean()
  .chain(wide =>
    fc.record({
      valid: constraints([1, 2, 4, 8]),
      impl: constraints(wide ? [1, 2, 4, 8] : [1, 2, 4]),
      endianness: fc.constantFrom('little', 'big', 'native', undefined),
      wide: fc.constant(wide),
      picky: fc.nat(7).map(n => n === 7),
      faulty: fc.boolean(),
      owner: fc.nat(2),
      guarded: fc.nat(3).map(n => n < 3),
    }),
  )
  .map(withoutContradiction)

/** Where requests are cut into unaligned accesses, `valid` does not say in words that they are refused; it may leave it out. */
function withoutContradiction(spec: DeviceSpec): DeviceSpec {
  const { unaligned, ...valid } = spec.valid
  return spec.impl.unaligned && unaligned === false ? { ...spec, valid } : spec
}

const place: fc.Arbitrary<PlaceSpec> = fc.record({
  kind: fc.constantFrom('ram', 'io', 'ram', 'io', 'rom', 'romDevice', 'ramDevice', 'reservation', 'alias', 'alias'),
  island: index,
  offset,
  size,
  priority: fc.integer({ min: -1, max: 1 }),
  readonly: fc.boolean(),
  ram: fc.nat(1),
  block: fc.nat(2),
  cacheMode: fc.constantFrom('normal', 'normal', 'writecombine', 'noncached', 'device'),
  device,
  target: index,
  targetOffset: offset,
})

/** Makes a place one that there can be: the first is no alias, memory is no larger than its block. */
function possible(spec: PlaceSpec, at: number): PlaceSpec {
  const kind = spec.kind === 'alias' && at === 0 ? 'ram' : spec.kind
  const isMemory = kind === 'ram' || kind === 'rom' || kind === 'romDevice' || kind === 'ramDevice'
  return {
    ...spec,
    kind,
    size: isMemory ? Math.min(spec.size, MEMORY_BYTES) : spec.size,
    readonly: kind === 'rom' || ((kind === 'alias' || kind === 'io') && spec.readonly),
    target: spec.target % Math.max(at, 1),
  }
}

export const world: fc.Arbitrary<WorldSpec> = fc.record({
  endian: fc.constantFrom('little', 'big'),
  directAccess: fc.constantFrom('by-mapping', 'by-mapping', 'normal-or-writecombine', 'normal-only'),
  rams: fc.array(ram, { minLength: 1, maxLength: 2 }),
  islands: fc.shuffledSubarray(ISLANDS, { minLength: 1, maxLength: 3 }),
  places: fc.array(place, { minLength: 2, maxLength: 9, size: 'max' }).map(specs => specs.map(possible)),
})

const border = fc.integer({ min: -9, max: 9 })
const anywhere: fc.Arbitrary<Spot> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ of: fc.constant('start'), index, delta: fc.constantFrom(0, 0, 1, 2, 4, 8, 16) }),
  },
  { weight: 2, arbitrary: fc.record({ of: fc.constant('start'), index, delta: fc.oneof(border, offset) }) },
  { weight: 2, arbitrary: fc.record({ of: fc.constant('end'), index, delta: border }) },
  { weight: 1, arbitrary: fc.record({ of: fc.constant('island'), index, delta: fc.nat(300) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      of: fc.constant('twin'),
      // Mostly the same address again.
      index: fc.constantFrom(0, 0, 0, 1, 2),
      delta: fc.constantFrom(0, 0, 0, 0, 4),
    }),
  },
)
const nearby: fc.Arbitrary<Spot> = fc.record({ of: fc.constant('running'), index: fc.constant(0), delta: border })

/** As far before a place as a fill's pattern is long, or nearly. */
const patternBefore: fc.Arbitrary<Spot> = fc.record({
  of: fc.constant('start'),
  index,
  delta: fc.integer({ min: -516, max: -508 }),
})

const length = fc.oneof(fc.constantFrom(0, 1, 2, 4, 8, 16), fc.nat(80))
const buffer: fc.Arbitrary<BufferSpec> = fc.record({
  of: fc.constantFrom('own', 'own', 'own', 'shared', 'guest'),
  ram: fc.nat(2),
  at: fc.oneof(fc.constantFrom(0, 8), fc.nat(16)),
  length,
})
const attrs = fc.integer({ min: -1, max: ATTRS.length - 1 })
const byte = fc.nat(255)
const form = fc.constantFrom(...(Object.keys(FORMS) as Form[]))
const value = fc.bigInt({ min: -(2n ** 64n), max: 2n ** 65n })

function requestAt(spot: fc.Arbitrary<Spot>): fc.Arbitrary<Request> {
  return fc.oneof(
    fc.record({ kind: fc.constant('read'), spot, attrs, buffer }),
    fc.record({ kind: fc.constant('write'), spot, attrs, buffer, seed: byte }),
    fc.record({ kind: fc.constant('fill'), spot, attrs, byte, length }),
    fc.record({ kind: fc.constant('load'), spot, attrs, form }),
    fc.record({ kind: fc.constant('store'), spot, attrs, form, value }),
  )
}

/** Any request; a fill may be longer than the pattern that it is made of (E11). */
export const request: fc.Arbitrary<Request> = fc.oneof(
  { weight: 12, arbitrary: requestAt(anywhere) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('fill'),
      spot: fc.oneof(anywhere, patternBefore),
      attrs,
      byte,
      length: fc.integer({ min: 500, max: 600 }),
    }),
  },
)

const fewSpots: fc.Arbitrary<Spot> = fc.record({
  of: fc.constant('start'),
  index: fc.nat(2),
  delta: fc.constantFrom(0, 0, 4),
})

/** Loads and stores of the same few addresses: what a space remembers of the latest is used. */
export const again: fc.Arbitrary<Request> = fc.oneof(
  fc.record({ kind: fc.constant('load'), spot: fewSpots, attrs, form: fc.constantFrom('8', '16', '32') }),
  fc.record({ kind: fc.constant('store'), spot: fewSpots, attrs, form: fc.constantFrom('8', '16', '32'), value }),
)

export const change: fc.Arbitrary<MapChange> = fc.record({
  kind: fc.constantFrom('move', 'enabled', 'enabled', 'readonly', 'romd', 'targetOffset'),
  place: index,
  island: index,
  value: offset,
})

/** What handlers do: the first one that is called, the second ... */
export function plans(action: fc.Arbitrary<Action>): fc.Arbitrary<Plan[]> {
  return fc.array(fc.record({ call: fc.nat(3), action }), { minLength: 1, maxLength: 4 })
}

/** What a handler may ask for: anything, or something of the device that it is in, or its neighbours. */
export const nested: fc.Arbitrary<Request> = fc.oneof(requestAt(anywhere), requestAt(nearby))
export const bug: fc.Arbitrary<Action> = fc.constant({ kind: 'throw' })
