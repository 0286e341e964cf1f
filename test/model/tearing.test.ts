import { describe, expect, test } from 'vitest'
import { KERNEL_COPIES, LANGUAGE_ORDER, SCRIPT_COPIES } from './copies.ts'
import { allows } from './explore.ts'
import { broken, type Promised } from './guests.ts'
import { MODEL_NAMES, MODELS } from './models.ts'
import { load, type Op, type Outcome, type Program, store } from './program.ts'
import { byCpu, specified, type Tearing, whole } from './tearing.ts'
import { kernelCopy, type Writer } from './writers.ts'

const ones = (width: number): number[] => Array.from({ length: width }, () => 1)

/** A store and a load of the same bytes; whether the load may see some old and some new. */
function tears(write: Op, read: Op, tearing: Tearing): boolean {
  const program: Program = { memory: ones(20).map(() => 0), threads: [[write], [read]] }
  const mixed = ({ registers: { seen = [] } }: Outcome): boolean => seen.includes(0) && seen.includes(1)
  return allows(program, MODELS.sc, mixed, tearing)
}

describe('what may be seen in part', () => {
  test.each([
    // width, address: whole, specified, CPU of 8, CPU of 16
    [2, 0, [false, false, false, false]],
    [4, 4, [false, false, false, false]],
    [8, 0, [false, true, false, false]],
    [16, 0, [false, true, true, false]],
    [2, 1, [false, true, true, true]],
    [4, 2, [false, true, true, true]],
  ] as const)('plain, %i bytes at %i', (width, address, expected) => {
    const tearings = [whole, specified(width < 8 ? 1 : 4), byCpu(8), byCpu(16)]
    expect(tearings.map(t => tears(store(address, ones(width)), load('seen', address, width), t))).toEqual(expected)
  })

  test('atomic: never, up to 8 bytes', () => {
    for (const width of [2, 4, 8])
      for (const tearing of [whole, specified(), byCpu(8), byCpu(16)])
        expect(tears(store(0, ones(width), 'atomic'), load('seen', 0, width, 'atomic'), tearing)).toBe(false)
  })

  test('a torn load of a store that is not torn', () => {
    expect(tears(store(0, ones(8), 'atomic'), load('seen', 0, 8), specified())).toBe(true)
  })
})

/** Promises broken under some model. */
function brokenSomewhere(writers: readonly Writer[], tearing: Tearing): Promised[][] {
  return MODEL_NAMES.map(model => broken(writers, MODELS[model], tearing))
}

describe('what the promises of a copy rest on', () => {
  // As much as comes apart into ten bytes.
  const small = (tier: 'wide' | 'narrow'): Writer[] =>
    [
      [0, 8],
      [1, 8],
      [4, 4],
      [2, 2],
    ].map(([start, length]) => kernelCopy(tier, start as number, length as number))

  test.each(['wide', 'narrow'] as const)(
    'host order, %s kernel: on the CPU, where the specification lets plain 64-bit stores tear; stored once all the same',
    tier => {
      const torn: Promised[] = ['last byte last', 'ascending', 'relayed in order', 'seen at once']
      expect(brokenSomewhere(small(tier), specified())).toEqual([torn, torn, torn])
    },
  )

  test('the same of a 16-byte vector store', () => {
    const vector = [kernelCopy('wide', 0, 16)]
    expect(vector[0]?.stores.map(({ bytes }) => bytes.length)).toEqual([16])
    expect(broken(vector, MODELS.sc, specified(4))).toEqual(['last byte last', 'ascending', 'relayed in order'])
  })

  test('host order, script lane: no tearing that the specification permits, only that stores stay in order', () => {
    const unordered: Promised[] = ['last byte last', 'ascending', 'relayed in order']
    expect(brokenSomewhere(SCRIPT_COPIES.plain, specified())).toEqual([[], [], unordered])
  })

  test.each(Object.entries(LANGUAGE_ORDER))('language order, %s: nothing but the specification', (_, writers) => {
    expect(brokenSomewhere(writers, specified())).toEqual([[], [], []])
  })

  test('16-byte stores: on a CPU that makes an aligned one at once', () => {
    expect(broken(KERNEL_COPIES.wide, MODELS.tso, byCpu(16))).toEqual([])
    expect(broken(KERNEL_COPIES.wide, MODELS.tso, byCpu(8))).toEqual([
      'last byte last',
      'ascending',
      'relayed in order',
    ])
    expect(broken(KERNEL_COPIES.narrow, MODELS.tso, byCpu(8))).toEqual([])
  })
})
