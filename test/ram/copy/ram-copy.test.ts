import fc from 'fast-check'
import { type CopySide, GuestRam, type RamBlock, ramCopy, ramFill, ramMove } from 'guestmem'
import { describe, expect, test } from 'vitest'
import { runs } from '../../support/campaign.ts'

const SIZE = 600
const ram = GuestRam.allocate(65536)
// Both away from the guest RAM's beginning, so that an offset that is left out or taken twice shows.
ram.block('first', 100)
const near = ram.block('near', SIZE)
const far = ram.block('far', SIZE)
const stranger = GuestRam.allocate(65536)
stranger.block('first', 5000)
const other = stranger.block('other', SIZE)
const user = new Uint8Array(new ArrayBuffer(2 * SIZE), 37, SIZE)

const SIDES: Record<string, CopySide> = { near, far, other, user }
const NAMES = Object.keys(SIDES)
const bytesOf = (side: CopySide): Uint8Array => (side instanceof Uint8Array ? side : side.view())

/** Different bytes in each side; gives what all of guest memory holds. */
function prepare(): void {
  for (const [i, name] of NAMES.entries()) {
    const bytes = bytesOf(SIDES[name] as CopySide)
    for (let at = 0; at < SIZE; at++) bytes[at] = (at * 7 + i * 59 + (at >> 6)) & 0xff
  }
}

const everything = (): Uint8Array[] => [
  new Uint8Array(ram.buffer).slice(),
  new Uint8Array(stranger.buffer).slice(),
  new Uint8Array(user.buffer).slice(),
]

/** Compared as a whole: `toEqual` looks at each of the bytes on its own. */
function expectAll(due: readonly Uint8Array[]): void {
  for (const [i, bytes] of everything().entries()) {
    const wanted = due[i] as Uint8Array
    if (Buffer.compare(bytes, wanted) === 0) continue
    const at = bytes.findIndex((byte, index) => byte !== wanted[index])
    expect.fail(`memory ${i} has ${bytes[at]} at ${at}, not ${wanted[at]}`)
  }
}

/** What `everything` is to be, once `length` bytes were moved. */
function moved(dst: CopySide, dstOffset: number, src: CopySide, srcOffset: number, length: number): Uint8Array[] {
  const due = everything()
  const taken = bytesOf(src).slice(srcOffset, srcOffset + length)
  const index = dst === user ? 2 : dst === other ? 1 : 0
  const start = dst instanceof Uint8Array ? dst.byteOffset : dst.offset
  due[index]?.set(taken, start + dstOffset)
  return due
}

const offset = fc.nat(SIZE)
const length = fc.oneof(fc.nat(20), fc.nat(SIZE))
const transfer = fc.tuple(fc.constantFrom(...NAMES), offset, fc.constantFrom(...NAMES), offset, length)

describe.each([
  ['ramCopy', ramCopy],
  ['ramMove', ramMove],
] as const)('%s', (name, copy) => {
  test('moves the bytes, and touches no others, between blocks, blocks of another guest RAM and arrays', () => {
    fc.assert(
      fc.property(transfer, ([to, dstOffset, from, srcOffset, asked]) => {
        const [dst, src] = [SIDES[to] as CopySide, SIDES[from] as CopySide]
        const bytes = Math.min(asked, SIZE - dstOffset, SIZE - srcOffset)
        prepare()
        const call = () => copy(dst, dstOffset, src, srcOffset, bytes)
        const before = everything()
        if (dst === user && src === user) {
          expect(call).toThrow(/^dst or src must be a RamBlock/)
          expectAll(before)
        } else if (name === 'ramCopy' && dst === src && bytes > 0 && Math.abs(dstOffset - srcOffset) < bytes) {
          expect(call).toThrow(
            `dst and src overlap: ${bytes} bytes at dstOffset ${dstOffset} and srcOffset ${srcOffset}`,
          )
          expectAll(before)
        } else {
          const due = moved(dst, dstOffset, src, srcOffset, bytes)
          call()
          expectAll(due)
        }
      }),
      runs(1500),
    )
  })

  test.each(NAMES)('up to both ends of %s, and no further', to => {
    const dst = SIDES[to] as CopySide
    const src = to === 'near' ? far : near
    for (const [dstOffset, srcOffset, bytes] of [
      [0, 0, SIZE],
      [SIZE, 0, 0],
      [0, SIZE, 0],
      [SIZE - 1, SIZE - 1, 1],
    ] as const) {
      prepare()
      const due = moved(dst, dstOffset, src, srcOffset, bytes)
      copy(dst, dstOffset, src, srcOffset, bytes)
      expectAll(due)
    }
    prepare()
    const before = everything()
    for (const [dstOffset, srcOffset, bytes] of [
      [1, 0, SIZE],
      [0, 1, SIZE],
      [SIZE, 0, 1],
      [0, SIZE, 1],
      [SIZE + 1, 0, 0],
      [0, 0, SIZE + 1],
      [-1, 0, 1],
      [0, -1, 1],
      [0, 0, -1],
      [0.5, 0, 1],
      [0, 0.5, 1],
      [0, 0, 0.5],
    ] as const) {
      expect(() => copy(dst, dstOffset, src, srcOffset, bytes)).toThrow(RangeError)
      expect(() => copy(src, srcOffset, dst, dstOffset, bytes)).toThrow(RangeError)
    }
    expectAll(before)
  })

  test.each([undefined, null, 7, [1, 2], new Uint16Array(4), {}])('refuses %s as a side, with its name', side => {
    const bad = side as unknown as RamBlock
    for (const good of [near, user] as const) {
      expect(() => copy(bad, 0, good, 0, 1)).toThrow(/^dst must be a Uint8Array/)
      expect(() => copy(good, 0, bad, 0, 1)).toThrow(/^src must be a Uint8Array/)
    }
  })
})

test('ranges that touch do not overlap', () => {
  prepare()
  const due = moved(near, 100, near, 50, 50)
  ramCopy(near, 100, near, 50, 50)
  expectAll(due)
  const down = moved(near, 50, near, 100, 50)
  ramCopy(near, 50, near, 100, 50)
  expectAll(down)
  expect(() => ramCopy(near, 99, near, 50, 50)).toThrow(/overlap/)
  expect(() => ramCopy(near, 50, near, 99, 50)).toThrow(/overlap/)
})

test('ramFill fills its range, and touches nothing else', () => {
  fc.assert(
    fc.property(offset, length, fc.nat(255), (at, asked, value) => {
      const bytes = Math.min(asked, SIZE - at)
      prepare()
      const due = everything()
      due[0]?.fill(value, far.offset + at, far.offset + at + bytes)
      ramFill(far, at, value, bytes)
      expectAll(due)
    }),
    runs(300),
  )
})

test.each([
  ['dst', () => ramFill(user as unknown as RamBlock, 0, 0, 1), TypeError],
  ['offset', () => ramFill(near, SIZE + 1, 0, 0), RangeError],
  ['length', () => ramFill(near, 1, 0, SIZE), RangeError],
  ['value', () => ramFill(near, 0, 256, 1), RangeError],
  ['value', () => ramFill(near, 0, -1, 1), RangeError],
] as const)('ramFill refuses a bad %s', (argument, call, kind) => {
  expect(call).toThrow(kind)
  expect(call).toThrow(new RegExp(`^${argument} must be `))
})

test.each([
  [0, SIZE - 60, 90, 'length'],
  [SIZE - 60, 0, 90, 'length'],
  [SIZE - 60, SIZE - 160, 100, 'length'],
  [SIZE - 160, SIZE - 60, 100, 'length'],
] as const)(
  'what leaves its block is told of as that, where nothing overlaps: %i from %i, %i bytes',
  (to, from, bytes, name) => {
    expect(() => ramCopy(near, to, near, from, bytes)).toThrow(
      new RegExp(`^${name} must be an integer from 0 to 60, got`),
    )
  },
)
