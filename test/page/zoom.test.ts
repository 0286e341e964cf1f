import fc from 'fast-check'
import { AddressSpace, MemoryRegion } from 'guestmem'
import { describe, expect, test } from 'vitest'
import { EXAMPLE, readFile, readMachine } from '../../src/page/machine-text.ts'
import { addressAt, rangesIn, runsOf } from '../../src/page/paint.ts'
import { addressOf, bytesText, hexText } from '../../src/page/text.ts'
import { moved, sightAround, whole, zoomed } from '../../src/page/zoom.ts'
import { QUIET } from '../support/board.ts'

const address = fc.integer({ min: 0, max: 2 ** 53 - 1 })
const size = fc.integer({ min: 1, max: 53 }).map(bits => 2 ** bits)
const sight = fc.tuple(address, size).map(([centre, bytes]) => sightAround(centre, bytes))

describe('what is in sight', () => {
  test('is never less than 4 bytes, below 0 or past 2^53, and holds the address that is zoomed to', () => {
    fc.assert(
      fc.property(
        sight,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.boolean(),
        (before, place, flag) => {
          const at = addressAt(before, place)
          expect(at >= before.start && at < before.end).toBe(true)
          for (const after of [zoomed(before, at, flag), moved(before, flag), sightAround(at, 4), whole(before.end)]) {
            expect(Number.isSafeInteger(after.start) && after.start >= 0 && after.end <= 2 ** 53).toBe(true)
            expect(after.end - after.start).toBeGreaterThanOrEqual(4)
          }
          const nearer = zoomed(before, at, true)
          expect(at >= nearer.start - 1 && at <= nearer.end).toBe(true)
        },
      ),
      { numRuns: 5000 },
    )
  })

  test('goes from 128 GiB to 4 bytes in a few steps, and back', () => {
    let now = whole(2 ** 37)
    let steps = 0
    while (now.end - now.start > 4 && steps < 50) {
      now = zoomed(now, 0x1234_5678, true)
      steps++
    }
    expect(steps).toBe(18)
    expect(now.start <= 0x1234_5678 && now.end > 0x1234_5678).toBe(true)
    while (now.end - now.start < 2 ** 37) now = zoomed(now, 0x1234_5678, false)
    expect(now.start).toBeLessThanOrEqual(0x1234_5678)
  })
})

describe('the picture', () => {
  const map = fc.array(fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 9 })), { maxLength: 8 }).map(parts => {
    const root = MemoryRegion.container('root', 128)
    for (const [start, bytes] of parts) root.addSubregion(start, MemoryRegion.io('part', QUIET, bytes))
    return new AddressSpace('space', root).view
  })

  test('shows every range in sight, however narrow, and none that is not', () => {
    fc.assert(
      fc.property(map, fc.nat(100), fc.integer({ min: 4, max: 128 }), (view, start, bytes) => {
        const sight = { start, end: start + bytes }
        const expected = view.ranges.filter(range => range.end > sight.start && range.start < sight.end)
        const { shown, count } = rangesIn(view, sight)
        expect(shown).toEqual(expected)
        expect(count).toBe(expected.length)
        const runs = runsOf(view, sight)
        expect([...new Set(runs.map(({ range }) => range))]).toEqual(expected)
        for (const [i, { from, to }] of runs.entries()) {
          expect(to > from && to <= 1000).toBe(true)
          if (i > 0) expect(from).toBeGreaterThanOrEqual(runs[i - 1]?.to as number)
        }
      }),
      { numRuns: 3000 },
    )
  })

  test('shows 4 bytes in 128 GiB', () => {
    const root = MemoryRegion.container('root', 2 ** 37)
    root.addSubregion(2 ** 36 + 12, MemoryRegion.io('led', QUIET, 4))
    const { view } = new AddressSpace('space', root)
    expect(runsOf(view, whole(2 ** 37)).map(({ from, to }) => [from, to])).toEqual([[500, 501]])
  })
})

describe('texts', () => {
  test('of sizes and addresses', () => {
    expect([4, 1024, 1536, 2 ** 37, 2n ** 64n].map(bytesText)).toEqual([
      '4 B',
      '1 KiB',
      '1.5 KiB',
      '128 GiB',
      '16384 PiB',
    ])
    expect([0, 0xfee0_0000, 2 ** 37, 2n ** 64n - 1n].map(hexText)).toEqual([
      '0x0000_0000',
      '0xfee0_0000',
      '0x0020_0000_0000',
      '0xffff_ffff_ffff_ffff',
    ])
    for (const [text, address] of [
      [' 0xFEE0_0000 ', 0xfee0_0000n],
      ['12', 12n],
      ['0xffffffffffffffff', 2n ** 64n - 1n],
    ] as const)
      expect(addressOf(text)).toBe(address)
    for (const text of ['', 'ten', '0x', '-1', '1e3', '0x10000000000000000', '9'.repeat(1e5)])
      expect(addressOf(text)).toBeUndefined()
  })

  test('of machines, pasted or from a file, packed or not', async () => {
    expect(readMachine(EXAMPLE).spaces[0]?.view.ranges.length).toBe(12)
    for (const bad of ['', ' \n', 'hello', '{', '{"format":"x"}']) expect(() => readMachine(bad)).toThrow(Error)
    const packed = await new Response(new Blob([EXAMPLE]).stream().pipeThrough(new CompressionStream('gzip'))).blob()
    expect(await readFile(packed)).toBe(EXAMPLE)
    expect(await readFile(new Blob([EXAMPLE]))).toBe(EXAMPLE)
    const bomb = await new Response(
      new Blob([new Uint8Array(2 ** 25)]).stream().pipeThrough(new CompressionStream('gzip')),
    ).blob()
    await expect(readFile(bomb)).rejects.toThrow('unpacked')
  })
})
