import { describe, expect, test } from 'vitest'
import { KERNEL_COPIES, LANGUAGE_ORDER, SCRIPT_COPIES } from './copies.ts'
import { broken, type Promised } from './guests.ts'
import { MODEL_NAMES, MODELS, type ModelName } from './models.ts'
import type { Order } from './program.ts'
import { whole } from './tearing.ts'
import { badCopy, type Writer } from './writers.ts'

type Verdict = Readonly<Record<ModelName, readonly Promised[]>>

const OUT_OF_ORDER: readonly Promised[] = ['last byte last', 'ascending', 'relayed in order']
const RIGHT: readonly Promised[] = []

function verdict(writers: readonly Writer[]): Verdict {
  const names = MODEL_NAMES.map(name => [name, broken(writers, MODELS[name], whole)] as const)
  return Object.fromEntries(names) as Record<ModelName, Promised[]>
}

describe('the stores that ship, as guests see them', () => {
  test.each([
    ['wide kernel', KERNEL_COPIES.wide],
    ['narrow kernel', KERNEL_COPIES.narrow],
    ['script lane', SCRIPT_COPIES.plain],
  ])(
    'host order, %s: right on sc and tso; on weak each byte is stored once and each access at once, out of order',
    (_, writers) => {
      expect(verdict(writers)).toEqual({ sc: RIGHT, tso: RIGHT, weak: OUT_OF_ORDER })
    },
  )

  test.each(Object.entries(LANGUAGE_ORDER))('language order, %s: right on every model', (_, writers) => {
    expect(verdict(writers)).toEqual({ sc: RIGHT, tso: RIGHT, weak: RIGHT })
  })
})

/** What C libraries and engines make of memcpy and memmove; from address 0 on, each access as [address, width]. */
const BAD_COPIES: readonly {
  readonly name: string
  readonly length: number
  readonly accesses: readonly (readonly [number, number])[]
  readonly breaks: readonly Promised[]
}[] = [
  {
    name: 'H10: 15 bytes as two of 8 that overlap',
    length: 15,
    accesses: [
      [0, 8],
      [7, 8],
    ],
    breaks: ['stored once'],
  },
  {
    name: 'H11: 1 byte as dst[0], dst[n >> 1], dst[n - 1]',
    length: 1,
    accesses: [
      [0, 1],
      [0, 1],
      [0, 1],
    ],
    breaks: ['stored once'],
  },
  {
    name: 'H11: 2 bytes in the same way',
    length: 2,
    accesses: [
      [0, 1],
      [1, 1],
      [1, 1],
    ],
    breaks: ['stored once', 'seen at once'],
  },
  {
    name: 'H12, H13: backwards',
    length: 16,
    accesses: [
      [8, 8],
      [0, 8],
    ],
    breaks: OUT_OF_ORDER,
  },
  {
    name: 'H10, H12: 20 bytes, the end first and then over it',
    length: 20,
    accesses: [
      [12, 8],
      [0, 8],
      [8, 8],
    ],
    breaks: [...OUT_OF_ORDER, 'stored once'],
  },
  {
    name: 'H2: 4 bytes one by one',
    length: 4,
    accesses: [
      [0, 1],
      [1, 1],
      [2, 1],
      [3, 1],
    ],
    breaks: ['seen at once'],
  },
]

describe('memcpy and memmove are wrong even under sequential consistency', () => {
  test.each(BAD_COPIES)('$name', ({ length, accesses, breaks }) => {
    const by = (order: Order): Verdict => verdict([badCopy(length, accesses, order)])
    const plain = by('plain')
    expect(plain.sc).toEqual(breaks)
    expect(plain.tso).toEqual(breaks)
    expect(plain.weak).toEqual(expect.arrayContaining([...breaks]))
    // Nor are atomic stores a cure.
    expect(by('atomic')).toEqual({ sc: breaks, tso: breaks, weak: breaks })
  })
})
