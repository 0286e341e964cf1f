import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import {
  AddressSpace,
  GuestRam,
  type GuestRamOptions,
  MemoryRegion,
  MemTxAttrs,
  MemTxResult,
  ramCopy,
  ramMove,
} from 'guestmem'
import { describe, expect, test } from 'vitest'
import { runs } from '../../support/campaign.ts'

// biome-ignore lint/suspicious/noExplicitAny: what is tested is what types would forbid
const bad = (value: unknown): any => value

type Resizable = ArrayBuffer & { resize(bytes: number): void }
type Growable = SharedArrayBuffer & { grow(bytes: number): void }
const resizable = (bytes: number, maxByteLength: number): Resizable => new (bad(ArrayBuffer))(bytes, { maxByteLength })
const growable = (bytes: number, maxByteLength: number): Growable =>
  new (bad(SharedArrayBuffer))(bytes, { maxByteLength })

const SIZE = 4096
const LANES: [string, GuestRamOptions][] = (['wasm', 'script'] as const).flatMap(lane =>
  (['host', 'language'] as const).map((order): [string, GuestRamOptions] => [
    `${lane}, ${order} order`,
    { lane, order },
  ]),
)

function make(options: GuestRamOptions) {
  const ram = GuestRam.allocate(65536, options)
  ram.block('first', 100)
  const block = ram.block('block', SIZE)
  const space = new AddressSpace('space', MemoryRegion.ram('ram', block))
  return { block, space, guest: block.view() }
}

const noise = (bytes: Uint8Array, seed: number) => {
  for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 167 + (i >> 8) + seed) & 0xff
}
const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0

/** Bytes `at` to `at + length` of the array, to where they belong in guest RAM and back: by each way that there is. */
function there(made: ReturnType<typeof make>, bytes: Uint8Array, at: number, length: number, seed: number): void {
  const { block, space, guest } = made
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const part = () => new Uint8Array(plain.buffer, plain.byteOffset + at, length)
  const ways: [string, (to: number) => void, (from: number) => void][] = [
    ['ramCopy', to => ramCopy(block, to, bytes, at, length), from => ramCopy(bytes, at, block, from, length)],
    ['ramMove', to => ramMove(block, to, bytes, at, length), from => ramMove(bytes, at, block, from, length)],
    ['write, read', to => space.write(to, part()), from => space.read(from, part())],
    [
      'relaxed',
      to => space.write(to, part(), MemTxAttrs.RELAXED),
      from => space.read(from, part(), MemTxAttrs.RELAXED),
    ],
  ]
  if (at === 0 && length === plain.length)
    ways.push(['whole', to => space.write(to, bytes), from => space.read(from, bytes)])
  for (const [name, store, load] of ways) {
    const to = (seed * 37) % (SIZE - length + 1)
    noise(plain, seed)
    guest.fill(0xee)
    const due = guest.slice()
    due.set(plain.slice(at, at + length), to)
    store(to)
    if (!same(guest, due)) expect.fail(`${name}: ${length} bytes from ${at} did not come to ${to}`)
    noise(guest, seed + 1)
    const back = plain.slice()
    back.set(guest.slice(to, to + length), at)
    load(to)
    if (!same(plain, back)) expect.fail(`${name}: ${length} bytes from ${to} did not come back to ${at}`)
  }
}

describe.each(LANES)('a user array, %s', (_name, options) => {
  const made = make(options)

  test.each<[string, (bytes: number, max: number) => { buffer: ArrayBufferLike; resize: (bytes: number) => void }]>([
    [
      'a shared buffer that grows',
      (bytes, max) => {
        const buffer = growable(bytes, max)
        return { buffer, resize: more => more > buffer.byteLength && buffer.grow(more) }
      },
    ],
    [
      'a buffer that is resized',
      (bytes, max) => {
        const buffer = resizable(bytes, max)
        return { buffer, resize: size => buffer.resize(size) }
      },
    ],
  ])('%s: all of its bytes of now', (_what, makeBuffer) => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2000 }),
        fc.array(
          fc.record({ size: fc.integer({ min: 1, max: 2000 }), of: fc.nat(3), at: fc.nat(), length: fc.nat() }),
          {
            minLength: 2,
            maxLength: 8,
          },
        ),
        (first, steps) => {
          const { buffer, resize } = makeBuffer(first, 2000)
          const tracking = new Uint8Array(buffer)
          let fixed = new Uint8Array(buffer, 0, first)
          let seed = first
          for (const { size, of, at, length } of steps) {
            resize(size)
            if (fixed.length === 0) fixed = new Uint8Array(buffer, 0, buffer.byteLength)
            const offset = buffer.byteLength >> 1
            // One that was there before, with the buffer's length or a length of its own; or a new one.
            const bytes = [tracking, fixed, new Uint8Array(buffer, offset), new Uint8Array(buffer)][of] as Uint8Array
            const begin = at % (bytes.length + 1)
            there(made, bytes, begin, length % (bytes.length - begin + 1), seed++)
            there(made, bytes, 0, bytes.length, seed++)
          }
        },
      ),
      runs(100),
    )
  })

  class Long extends Uint8Array {
    override get length() {
      return 64 as never
    }
  }
  class Short extends Uint8Array {
    override get length() {
      return 3 as never
    }
  }
  class Elsewhere extends Uint8Array {
    override get byteOffset() {
      return 0 as never
    }
    override get byteLength() {
      return 200 as never
    }
    override get buffer() {
      return made.block.ram.buffer as never
    }
    override subarray() {
      return new Uint8Array(64).fill(0x77) as never
    }
    override set() {
      throw new Error('its own set')
    }
  }
  const within = <T extends Uint8Array>(
    Kind: new (buffer: ArrayBuffer, at: number, length: number) => T,
    length = 16,
  ) =>
    // What stands before and behind it in its buffer is its neighbours'.
    new Kind(new Uint8Array(length + 1000).fill(0x77).buffer, 500, length)
  const liars: [string, () => Uint8Array][] = [
    ['a class that says it is longer', () => within(Long)],
    ['a class that says it is shorter', () => within(Short)],
    ['a class that says it is elsewhere', () => within(Elsewhere)],
    ['the same of 700 bytes, which go by way of the stage', () => within(Elsewhere, 700)],
    ['an array with a length of its own', () => Object.defineProperty(within(Uint8Array), 'length', { value: 64 })],
    ['one with none', () => Object.defineProperty(within(Uint8Array), 'length', { value: undefined })],
    ['one without a prototype', () => Object.setPrototypeOf(within(Uint8Array), null)],
    ["an array of another realm's", () => within(runInNewContext('Uint8Array'))],
    [
      "another realm's, in its buffer",
      () => runInNewContext('new Uint8Array(new ArrayBuffer(1016).slice(0), 500, 16)'),
    ],
    [
      "another realm's, in a shared buffer",
      () => runInNewContext('new Uint8Array(new SharedArrayBuffer(1016), 500, 16)'),
    ],
    ['a Buffer', () => within(bad(Buffer.from([]).constructor))],
  ]
  test.each(liars)('%s: the bytes that it has, and no others', (_what, makeArray) => {
    const { block, space, guest } = made
    const get = (key: string) =>
      Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), key)?.get as () => never
    for (let round = 0; round < 3; round++) {
      const bytes = makeArray()
      const length: number = get('length').call(bytes)
      const plain = new Uint8Array(get('buffer').call(bytes), get('byteOffset').call(bytes), length)
      const all = new Uint8Array(plain.buffer)
      for (const relaxed of [false, true])
        for (let again = 0; again < 3; again++) {
          const attrs = relaxed ? MemTxAttrs.RELAXED : MemTxAttrs.UNSPECIFIED
          noise(plain, again)
          guest.fill(0xee)
          const due = guest.slice()
          due.set(plain, 40)
          expect(space.write(40, bytes, attrs)).toBe(MemTxResult.OK)
          expect(same(guest, due)).toBe(true)
          guest.fill(0xee)
          ramCopy(block, 40, bytes, 0, length)
          expect(same(guest, due)).toBe(true)
          expect(() => ramCopy(block, 40, bytes, 0, length + 1)).toThrow(
            new RangeError(`length must be an integer from 0 to ${length}, got ${length + 1}`),
          )
          expect(() => ramCopy(bytes, 1, block, 0, length)).toThrow(
            new RangeError(`length must be an integer from 0 to ${length - 1}, got ${length}`),
          )
          const back = all.slice()
          noise(guest, again + 9)
          back.set(guest.slice(7, 7 + length), plain.byteOffset)
          expect(space.read(7, bytes, attrs)).toBe(MemTxResult.OK)
          expect(same(all, back)).toBe(true)
          plain.fill(0)
          ramCopy(bytes, 0, block, 7, length)
          expect(same(all, back)).toBe(true)
        }
    }
  })

  test('what is no Uint8Array is refused, and what is none any more', () => {
    const { block, space, guest } = made
    const detached = new Uint8Array(16)
    structuredClone(detached.buffer, { transfer: [detached.buffer] })
    const buffer = resizable(64, 128)
    const shrunk = new Uint8Array(buffer, 32, 16)
    const partly = new Uint8Array(buffer, 8, 32)
    buffer.resize(20)
    const view = new DataView(new ArrayBuffer(8))
    const revoked = Proxy.revocable(new Uint8Array(4), {})
    revoked.revoke()
    const parts = (name: string) => `new Uint8Array\\(${name}\\.buffer, ${name}\\.byteOffset, ${name}\\.byteLength\\)`
    const stale = 'is a Uint8Array whose buffer was detached or resized under it$'
    const cases: [unknown, (name: string) => string][] = [
      [detached, () => stale],
      [shrunk, () => stale],
      [partly, () => stale],
      [new Uint16Array(4), name => `must be a Uint8Array, got Uint16Array: ${parts(name)}`],
      [new Int8Array(4), name => `must be a Uint8Array, got Int8Array: ${parts(name)}`],
      [new Uint8ClampedArray(4), name => `must be a Uint8Array, got Uint8ClampedArray: ${parts(name)}`],
      [view, name => `must be a Uint8Array, got DataView: ${parts(name)}`],
      [runInNewContext('new Float64Array(2)'), name => `must be a Uint8Array, got Float64Array: ${parts(name)}`],
      [new ArrayBuffer(8), name => `must be a Uint8Array, got ArrayBuffer: new Uint8Array\\(${name}\\) has its bytes`],
      [new SharedArrayBuffer(8), name => `must be a Uint8Array, got SharedArrayBuffer: new Uint8Array\\(${name}\\)`],
      [Object.create(Uint8Array.prototype), () => 'must be a Uint8Array, got an object$'],
      [new Proxy(new Uint8Array(4), {}), () => 'must be a Uint8Array, got an object$'],
      [revoked.proxy, () => 'must be a Uint8Array, got an object$'],
      [{ length: 4, 0: 1, 1: 1, 2: 1, 3: 1 }, () => 'must be a Uint8Array, got an object$'],
      [[1, 2, 3, 4], () => 'must be a Uint8Array, got an array$'],
      ['four', () => 'must be a Uint8Array, got "four"$'],
      [4n, () => 'must be a Uint8Array, got 4n$'],
      [undefined, () => 'must be a Uint8Array, got undefined$'],
      [null, () => 'must be a Uint8Array, got null$'],
    ]
    noise(guest, 3)
    const before = guest.slice()
    for (const [value, text] of cases)
      for (const [name, call] of [
        ['src', () => ramCopy(block, 0, bad(value), 0, 1)],
        ['dst', () => ramMove(bad(value), 0, block, 0, 1)],
        ['bytes', () => space.write(0, bad(value))],
        ['bytes', () => space.read(0, bad(value))],
        ['bytes', () => space.writeRom(0, bad(value))],
      ] as const) {
        // Which of the two kinds of sides it is can't be asked of this one.
        if (value === revoked.proxy && name !== 'bytes') continue
        expect(call).toThrow(TypeError)
        expect(call).toThrow(new RegExp(`^${name} ${text(name)}`))
      }
    expect(same(guest, before)).toBe(true)
  })
})

describe.each(LANES)('an array that a handler takes away while a request is under way, %s', (_name, options) => {
  /** A device, then RAM; the device's handler is called within the request, before the RAM is accessed. */
  function board(touched: () => void) {
    const { block, guest } = make(options)
    const root = MemoryRegion.container('root', 0x2000)
    const handlers = {
      read: () => {
        touched()
        return 0
      },
      write: touched,
    }
    root.addSubregion(0, MemoryRegion.io('device', handlers, 16))
    root.addSubregion(16, MemoryRegion.ram('ram', block))
    const space = new AddressSpace('space', root)
    // What an earlier transfer of the host's leaves on the stage.
    ramCopy(block, 0, new Uint8Array(SIZE).fill(0x5c), 0, SIZE)
    guest.fill(0)
    return { space, guest }
  }

  const takes: [string, () => { bytes: Uint8Array; take: () => void }][] = [
    [
      'detached',
      () => {
        const bytes = new Uint8Array(2000)
        return { bytes, take: () => bytes.length > 0 && structuredClone(bytes.buffer, { transfer: [bytes.buffer] }) }
      },
    ],
    [
      'shrunk',
      () => {
        const buffer = resizable(2000, 2000)
        return { bytes: new Uint8Array(buffer), take: () => buffer.resize(700) }
      },
    ],
    [
      'shrunk to nothing',
      () => {
        const buffer = resizable(2000, 2000)
        return { bytes: new Uint8Array(buffer, 100, 1900), take: () => buffer.resize(50) }
      },
    ],
  ]
  test.each(takes)('%s: a TypeError, and no leftovers come to the guest or to the array', (_what, prepare) => {
    for (const attrs of [MemTxAttrs.UNSPECIFIED, MemTxAttrs.RELAXED])
      for (const known of [false, true]) {
        const { bytes, take } = prepare()
        let armed = false
        const { space, guest } = board(() => {
          if (armed) take()
        })
        if (known) for (let i = 0; i < 3; i++) space.write(16, bytes, attrs)
        bytes.fill(0)
        guest.fill(0)
        armed = true
        expect(() => space.write(0, bytes, attrs)).toThrow(
          new TypeError('bytes is a Uint8Array whose buffer was detached or resized under it'),
        )
        expect(guest.every(byte => byte === 0)).toBe(true)
        const second = prepare()
        armed = false
        const other = board(() => armed && second.take())
        armed = true
        expect(() => other.space.read(0, second.bytes, attrs)).toThrow(TypeError)
        // It has no bytes any more, or zeros.
        for (let i = 0; i < second.bytes.length; i++) expect(second.bytes[i]).toBe(0)
      }
  })
})
