import fc from 'fast-check'
import { GuestRam, ramCopy } from 'guestmem'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { beginsAs, isPageAs, zeroPagesFrom } from '../../src/snapshot/guest-pages.ts'
import { LONG, runs } from '../support/campaign.ts'

const PAGE = 4096

afterEach(() => void vi.unstubAllGlobals())

/** Memory that a kernel can reach, and other memory; the second block, so that it begins somewhere. */
const memories: [string, () => GuestRam][] = [
  ['shared', () => GuestRam.allocate(600 * PAGE)],
  ['private', () => GuestRam.allocate(600 * PAGE, { shared: false })],
  ['by script', () => GuestRam.allocate(600 * PAGE, { lane: 'script' })],
  ['in the order of the language', () => GuestRam.allocate(600 * PAGE, { order: 'language' })],
  ['that begins anywhere', () => GuestRam.wrap(memory(20).buffer, { offset: 4 })],
  ['of a WebAssembly.Memory, from somewhere on', () => GuestRam.wrap(memory(40), { offset: 100 })],
]

function memory(pages: number): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: 40, maximum: 40 + pages, shared: true } as never)
}

const used = fc.array(
  fc.record({ page: fc.nat({ max: 149 }), at: fc.nat({ max: PAGE - 1 }), bit: fc.nat({ max: 7 }) }),
  {
    maxLength: 12,
    ...LONG,
  },
)

describe.each(memories)('pages of guest RAM, %s', (_, make) => {
  test('are zero up to the first that has a bit, wherever it is, and none is looked at behind', () => {
    const ram = make()
    ram
      .block('ahead', 3 * PAGE)
      .view()
      .fill(0xff)
    const block = ram.block('block', 150 * PAGE - 1000)
    ram.block('behind', PAGE).view().fill(0xff)
    const view = block.view()
    fc.assert(
      fc.property(used, fc.nat({ max: 149 }), fc.nat({ max: 150 }), (bits, first, count) => {
        view.fill(0)
        const isUsed = new Set<number>()
        for (const { page, at, bit } of bits) {
          const offset = page * PAGE + at
          if (offset >= block.size) continue
          view[offset] = 1 << bit
          isUsed.add(page)
        }
        const most = Math.min(count, 150 - first)
        let zeros = 0
        while (zeros < most && !isUsed.has(first + zeros)) zeros++
        expect(zeroPagesFrom(block, first, most)).toBe(zeros)
      }),
      runs(400),
    )
  })

  test('are looked at to the last byte of a short one', () => {
    const ram = make()
    const block = ram.block('block', 150 * PAGE - 1000)
    expect(zeroPagesFrom(block, 0, 150)).toBe(150)
    block.view()[block.size - 1] = 1
    expect([0, 148, 149].map(first => zeroPagesFrom(block, first, 150 - first))).toEqual([149, 1, 0])
  })

  test('are as other bytes, or differ in one bit', () => {
    const block = make().block('block', 10 * PAGE - 77)
    const filled = Uint8Array.from({ length: 10 * PAGE }, (_, i) => (i < block.size ? (i * 2_654_435_761) >>> 11 : 0))
    ramCopy(block, 0, filled, 0, block.size)
    fc.assert(
      fc.property(
        fc.nat({ max: 9 }),
        fc.nat({ max: PAGE - 1 }),
        fc.nat({ max: 7 }),
        fc.nat({ max: 30 }),
        (page, at, bit, skip) => {
          const bytes = new Uint8Array(skip + PAGE)
          bytes.set(filled.subarray(page * PAGE, page * PAGE + PAGE), skip)
          expect([beginsAs(block, page, bytes, skip), isPageAs(block, page, bytes, skip)]).toEqual([true, true])
          bytes[skip + at] = (bytes[skip + at] as number) ^ (1 << bit)
          expect(isPageAs(block, page, bytes, skip)).toBe(false)
          if (at >= 16) expect(beginsAs(block, page, bytes, skip)).toBe(true)
        },
      ),
      runs(400),
    )
  })
})

test('where the engine has no vectors, pages are copied to be looked at', async () => {
  vi.resetModules()
  const library = await import('guestmem')
  const { zeroPagesFrom: withoutKernel } = await import('../../src/snapshot/guest-pages.ts')
  const block = library.GuestRam.allocate(100 * PAGE).block('block', 100 * PAGE)
  block.view()[70 * PAGE + 5] = 1
  expect(block.ram.lane.memory).toBeDefined()
  vi.stubGlobal('WebAssembly', {
    Module: class {
      constructor() {
        throw new Error('an instruction that is not known')
      }
    },
  })
  expect([0, 69, 70, 71].map(first => withoutKernel(block, first, 100 - first))).toEqual([70, 1, 0, 29])
})
