import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { scratchBytes } from '../../src/ram/copy/lane.ts'
import type { GuestRam } from '../../src/ram/guest-ram.ts'
import type { GuestRamOptions } from '../../src/ram/guest-ram-options.ts'
import { SMALL } from '../order/builds.ts'
import { runs } from '../support/campaign.ts'

/** Guest RAM of one lane and tier. */
export type MakeRam = (bytes: number, options?: GuestRamOptions) => GuestRam

const SIZE = 2048
const MARGIN = 64

/** What the bytes must be after each transfer (RULES M1); the order of the accesses is another suite's matter. */
export function transferContract(name: string, make: MakeRam): void {
  describe(name, () => {
    const ram = make(1 << 20)
    const block = ram.block('block', SIZE)
    const bytes = block.view()
    const base = block.offset
    const noise = Uint8Array.from({ length: SIZE }, (_, i) => (i * 167 + 13) & 0xff)

    const expectMove = (dst: number, src: number, length: number): void => {
      bytes.set(noise)
      const expected = noise.slice()
      expected.copyWithin(dst, src, src + length)
      ram.lane.move(base + dst, base + src, length)
      if (!equal(bytes, expected)) expect({ dst, src, length, bytes: [...bytes] }).toEqual({ bytes: [...expected] })
    }

    test('RAM to RAM: every pair of offsets modulo 32, lengths 0 to 100', () => {
      const step = SMALL ? 7 : 1
      for (let length = 0; length <= 100; length++)
        for (let pair = 0; pair < 1024; pair += step) expectMove(MARGIN + (pair & 31), 1024 + (pair >> 5), length)
    })

    test('overlap by every distance, up and down (H13)', () => {
      for (const length of [1, 2, 3, 4, 7, 8, 9, 16, 31, 63, 64, 65, 100, 200, 333])
        for (let distance = -length; distance <= length; distance++)
          for (let at = 0; at < 16; at += 3) expectMove(512 + at + distance, 512 + at, length)
    })

    test('moves of any place and length', () => {
      fc.assert(
        fc.property(fc.nat(SIZE), fc.nat(SIZE), fc.nat(SIZE), (dst, src, length) => {
          expectMove(dst, src, Math.min(length, SIZE - dst, SIZE - src))
        }),
        runs(3000),
      )
    })

    test('long overlapping moves', () => {
      const large = make(16 << 20)
      const { u8 } = large.elements
      for (const [dst, src, length] of [
        [70_001, 1, 1_000_000],
        [65_536, 0, 300_000],
        [17, 0, 500_003],
        [900_001, 5, 1_000_000],
        [0, 33, 700_000],
        [4_000_000, 100_000, 6_000_000],
      ] as const) {
        for (let i = 0; i < 12_000_000; i++) u8[i] = (i * 31 + (i >>> 8)) & 0xff
        const expected = u8.slice(0, 12_000_000)
        expected.copyWithin(dst, src, src + length)
        large.lane.move(dst, src, length)
        expect(equal(u8.subarray(0, 12_000_000), expected)).toBe(true)
      }
    })

    test('fill', () => {
      for (let length = 0; length <= 200; length++)
        for (let at = 0; at < 32; at++) {
          bytes.set(noise)
          ram.lane.fill(base + MARGIN + at, 0x1a5, length)
          const expected = noise.slice().fill(0xa5, MARGIN + at, MARGIN + at + length)
          if (!equal(bytes, expected)) expect({ at, length }).toEqual({})
        }
    })

    const users: [string, (size: number) => Uint8Array][] = [
      ['a plain array', size => new Uint8Array(size)],
      ['an array at an odd offset', size => new Uint8Array(size + 64).subarray(13, 13 + size)],
      ['an array in a buffer over a megabyte', size => new Uint8Array(2 << 20).subarray(4097, 4097 + size)],
      ['an array over another shared buffer', size => new Uint8Array(new SharedArrayBuffer(size + 3), 3)],
      ['an array over a resizable buffer', size => resizable(size)],
    ]
    for (const [kind, makeUser] of users)
      test(`${kind}, in and out`, () => {
        const user = makeUser(SIZE)
        const other = makeUser(SIZE)
        fc.assert(
          fc.property(
            fc.nat(1000),
            fc.nat(1000),
            fc.oneof(fc.nat(20), fc.nat(130), fc.nat(1000)),
            (dst, at, length) => {
              user.set(noise)
              bytes.fill(0xee)
              ram.lane.copyIn(base + dst, user, at, length)
              const expected = new Uint8Array(SIZE).fill(0xee)
              expected.set(noise.subarray(at, at + length), dst)
              expect(equal(bytes, expected)).toBe(true)
              other.fill(0x11)
              ram.lane.copyOut(other, at, base + dst, length)
              const back = new Uint8Array(SIZE).fill(0x11)
              back.set(noise.subarray(at, at + length), at)
              expect(equal(other, back)).toBe(true)
            },
          ),
          runs(1500),
        )
      })

    test('long user arrays, in and out', () => {
      const large = make(4 << 20)
      const user = Uint8Array.from({ length: 1_000_003 }, (_, i) => (i * 7 + (i >>> 9)) & 0xff)
      for (const at of [0, 1, 5, 16383]) {
        large.elements.u8.fill(0)
        large.lane.copyIn(at + 7, user, 3, 999_983)
        expect(equal(large.elements.u8.slice(at + 7, at + 7 + 999_983), user.slice(3, 3 + 999_983))).toBe(true)
        expect(large.elements.u8[at + 6]).toBe(0)
        expect(large.elements.u8[at + 7 + 999_983]).toBe(0)
        const back = new Uint8Array(1_000_003)
        large.lane.copyOut(back, 3, at + 7, 999_983)
        expect(equal(back.slice(3, 3 + 999_983), user.slice(3, 3 + 999_983))).toBe(true)
        expect([back[2], back[3 + 999_983]]).toEqual([0, 0])
      }
    })

    test('a user array that is a view of the guest RAM overlaps like any RAM', () => {
      for (const [dst, src, length] of [
        [600, 590, 300],
        [590, 600, 300],
        [601, 600, 16],
        [900, 600, 50],
      ] as const) {
        bytes.set(noise)
        const expected = noise.slice()
        expected.copyWithin(dst, src, src + length)
        ram.lane.copyIn(base + dst, bytes, src, length)
        expect(equal(bytes, expected)).toBe(true)
        bytes.set(noise)
        ram.lane.copyOut(bytes, dst, base + src, length)
        expect(equal(bytes, expected)).toBe(true)
      }
    })

    test('bulk transfers move the same bytes', () => {
      fc.assert(
        fc.property(fc.nat(900), fc.nat(900), fc.nat(1000), (dst, src, length) => {
          bytes.set(noise)
          const expected = noise.slice()
          expected.copyWithin(dst, src, src + length)
          ram.lane.bulkMove(base + dst, base + src, length)
          expect(equal(bytes, expected)).toBe(true)
          const user = noise.slice()
          ram.lane.bulkIn(base + dst, user, src, length)
          expected.set(noise.subarray(src, src + length), dst)
          expect(equal(bytes, expected)).toBe(true)
          ram.lane.bulkOut(user, src, base + dst, length)
          expect(equal(user, noise)).toBe(true)
          ram.lane.bulkFill(base + dst, 0x5c, length)
          expected.fill(0x5c, dst, dst + length)
          expect(equal(bytes, expected)).toBe(true)
        }),
        runs(500),
      )
    })

    test('the scratch limit refuses before it starts, or goes backwards', () => {
      const limited = make(4096, { scratchLimit: 9 })
      const backwards = make(4096, { scratchLimit: 9, beyondScratch: 'backwards' })
      for (const [distance, length] of [
        [9, 100],
        [10, 100],
        [90, 100],
        [91, 100],
      ] as const) {
        const over = scratchBytes(distance, length) > 9
        const view = limited.elements.u8
        view.set(noise.subarray(0, 1024))
        const expected = noise.slice(0, 1024)
        expected.copyWithin(50 + distance, 50, 50 + length)
        if (over) {
          expect(() => limited.lane.move(50 + distance, 50, length)).toThrow(
            /need 10 bytes of scratch, over the limit of 9/,
          )
          expect(equal(view.slice(0, 1024), noise.slice(0, 1024))).toBe(true)
        } else {
          limited.lane.move(50 + distance, 50, length)
          expect(equal(view.slice(0, 1024), expected)).toBe(true)
        }
        backwards.elements.u8.set(noise.subarray(0, 1024))
        backwards.lane.move(50 + distance, 50, length)
        expect(equal(backwards.elements.u8.slice(0, 1024), expected)).toBe(true)
      }
    })
  })
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

function resizable(size: number): Uint8Array {
  const Resizable = ArrayBuffer as unknown as new (bytes: number, options: { maxByteLength: number }) => ArrayBuffer
  return new Uint8Array(new Resizable(size + 5, { maxByteLength: 2 * size + 10 }), 5)
}
