import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { afterEach, expect, test, vi } from 'vitest'
import { assemblePageKernel, PAGE_KERNELS } from '../../src/ram/kernels/assemble.mjs'
import { checksum } from '../../src/snapshot/checksum.ts'
import { PageScratch } from '../../src/snapshot/page-scratch.ts'
import { runs } from '../support/campaign.ts'

const PAGE = 4096

afterEach(() => void vi.unstubAllGlobals())

/** The checksum of a page as docs/SNAPSHOTS.md says it, one number after the other. */
function checksumSaid(page: Uint8Array): number {
  const m = (value: bigint) => BigInt.asUintN(32, value)
  const begin = [0x24234428n, 0x85ebca77n, 0n, 0x61c8864fn]
  const lanes = Array.from({ length: 32 }, (_, i) => begin[i % 4] as bigint)
  const words = new DataView(page.buffer, page.byteOffset, PAGE)
  for (let i = 0; i < PAGE / 4; i++) {
    const sum = m((lanes[i % 32] as bigint) + BigInt(words.getUint32(4 * i, true)) * 0x85ebca77n)
    lanes[i % 32] = m(m((sum << 13n) | (sum >> 19n)) * 0x9e3779b1n)
  }
  const bytes = new DataView(new ArrayBuffer(128))
  for (const [i, lane] of lanes.entries()) bytes.setUint32(4 * i, Number(lane), true)
  return checksum(new Uint8Array(bytes.buffer))
}

/** A page that has some bytes somewhere, and is otherwise zero or full. */
const page = fc
  .record({
    fill: fc.constantFrom(0, 0, 1, 255),
    at: fc.nat({ max: PAGE - 1 }),
    bytes: fc.uint8Array({ maxLength: 300, size: 'max' }),
  })
  .map(({ fill, at, bytes }) => {
    const all = new Uint8Array(PAGE).fill(fill)
    all.set(bytes.subarray(0, PAGE - at), at)
    return all
  })

test.each([
  ['by the kernel', false],
  ['by script', true],
])('%s a page has the checksum that the format says, wherever it lies, and is zero or not', (_, byScript) => {
  const scratch = new PageScratch(byScript)
  fc.assert(
    fc.property(page, fc.nat({ max: 64 }), fc.nat({ max: 50 }), (bytes, slot, skip) => {
      scratch.bytes.fill(0xa5)
      scratch.bytes.set(bytes, slot * PAGE)
      const said = checksumSaid(bytes)
      expect(scratch.checksum(slot * PAGE)).toBe(said)
      expect(scratch.isZero(slot * PAGE)).toBe(bytes.every(byte => byte === 0))
      const elsewhere = new Uint8Array(skip + PAGE + 1)
      elsewhere.set(bytes, skip)
      expect(scratch.checksumOf(elsewhere, skip)).toBe(said)
      expect(scratch.checksumsOf(elsewhere, skip, 1)[0]).toBe(said)
    }),
    runs(300),
  )
})

test('every bit of a page matters to both, and where each word is', () => {
  const [kernel, script] = [new PageScratch(), new PageScratch(true)]
  const bytes = Uint8Array.from({ length: PAGE }, (_, i) => (i * 2_654_435_761) >>> 13)
  const whole = kernel.checksumOf(bytes, 0)
  for (let at = 0; at < PAGE; at++) {
    const flipped = bytes.slice()
    flipped[at] = (flipped[at] as number) ^ (1 << (at % 8))
    expect(kernel.checksumOf(flipped, 0)).not.toBe(whole)
    expect(script.checksumOf(flipped, 0)).toBe(kernel.checksumOf(flipped, 0))
    const alone = new Uint8Array(PAGE)
    alone[at] = 1 << (at % 8)
    kernel.bytes.set(alone, 0)
    expect(kernel.isZero(0)).toBe(false)
    const swapped = bytes.slice()
    const other = (at + 128) % PAGE
    swapped[at] = bytes[other] as number
    swapped[other] = bytes[at] as number
    if (bytes[at] !== bytes[other]) expect(kernel.checksumOf(swapped, 0)).not.toBe(whole)
  }
})

test('where WebAssembly is not to be had, script does it', () => {
  vi.stubGlobal('WebAssembly', {
    Module: class {
      constructor() {
        throw new Error('the policy of this page forbids it')
      }
    },
  })
  const scratch = new PageScratch()
  const bytes = new Uint8Array(PAGE).fill(7)
  expect(scratch.checksumOf(bytes, 0)).toBe(checksumSaid(bytes))
  expect(scratch.bytes.length).toBeGreaterThan(65 * PAGE)
})

test.each(PAGE_KERNELS)('what ships is what the text of %s assembles to', async name => {
  const file = new URL(`../../src/snapshot/${name}.wasm.ts`, import.meta.url)
  expect(readFileSync(file, 'utf8')).toBe(await assemblePageKernel(name))
})
