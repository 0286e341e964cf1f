import fc from 'fast-check'
import { type TapAccess, tap } from 'guestmem'
import { describe, expect, test } from 'vitest'
import { LONG, runs } from '../support/campaign.ts'
import { acts, Machine, perform, setTap, tapChoices } from './support/twins.ts'

/** A window on RAM, of which the tap reaches the second byte. */
const HALF_TAPPED: [Parameters<typeof setTap>[1][], Parameters<typeof perform>[1][]] = [
  [{ region: undefined, start: 8199, length: 1, when: 'before' }],
  [{ act: 11, address: 4095, size: 1, value: 0n, attrs: 0, length: 1 }],
]

describe('a tapped machine and its twin', () => {
  test.each([
    ['little', false],
    ['big', true],
  ] as const)('%s-endian, seams split: %s: taps change nothing, also taps that are removed', (endian, splitsSeams) => {
    fc.assert(
      fc.property(
        fc.array(tapChoices, { minLength: 1, maxLength: 4 }),
        fc.array(acts, { maxLength: 25, ...LONG }),
        (choices, list) => {
          const options = { endian, ...(splitsSeams && { seams: 'split' as const }) }
          const plain = new Machine(0, options)
          const tapped = new Machine(1, options)
          const taps = choices.map(choice => setTap(tapped, choice, () => {}))
          try {
            list.forEach((item, index) => {
              if (index === 18) taps[0]?.remove()
              expect(perform(tapped, item).text).toBe(perform(plain, item).text)
            })
            expect(tapped.log).toEqual(plain.log)
            expect(Buffer.compare(tapped.bytes, plain.bytes)).toBe(0)
          } finally {
            for (const each of taps) each.remove()
          }
        },
      ),
      { ...runs(200), examples: [HALF_TAPPED] },
    )
  })
})

describe('what is told', () => {
  test('of a single access: once, whole, where any byte of it is in the range', () => {
    fc.assert(
      fc.property(tapChoices, fc.array(acts, { minLength: 1, maxLength: 12, ...LONG }), (choice, list) => {
        const machine = new Machine(0)
        const told: TapAccess[] = []
        const { start, length } = choice
        const set = tap(machine.space, { start, length }, { when: choice.when }, access => {
          told.push(access)
        })
        try {
          for (const item of list) {
            told.length = 0
            const { region } = machine.space.view.find(item.address) ?? {}
            const { text, single } = perform(machine, item)
            // What is for memory alone, and isn't of memory, is refused on its way.
            if (!single || (item.attrs === 2 && (region?.block === undefined || region.kind === 'romDevice'))) continue
            const { address, size, value, attrs } = item
            const isTold = address < start + length && address + size > start && attrs !== 3
            expect(told.length).toBe(isTold ? 1 : 0)
            const [access] = told
            if (access === undefined) continue
            const isWrite = item.act > 2
            expect(access).toMatchObject({ address, size, dma: false, before: choice.when === 'before' })
            expect(access.kind).toBe(isWrite ? 'write' : attrs === 4 ? 'fetch' : 'read')
            if (choice.when === 'before') continue
            const [got = '', result] = text.split(' ')
            expect(access.result).toBe(Number(result))
            const given = isWrite ? BigInt.asUintN(8 * size, value) : BigInt(got)
            expect(BigInt(access.value ?? -1)).toBe(
              access.big === (machine.space.endian === 'big') ? given : swapped(given, size),
            )
          }
        } finally {
          set.remove()
        }
      }),
      runs(400),
    )
  })

  test('of a request: each byte of memory in the range, once, in order, with what it is', () => {
    fc.assert(
      fc.property(tapChoices, acts, fc.constantFrom(6, 7, 8), ({ start, length }, item, act) => {
        const machine = new Machine(0)
        const told: { address: number; byte: number }[] = []
        const set = tap(machine.space, { start, length }, { dma: true }, ({ address, size, bytes, value, region }) => {
          if (region?.kind !== 'ram') return
          for (let i = 0; i < size; i++) told.push({ address: address + i, byte: bytes?.[i] ?? Number(value) })
        })
        try {
          perform(machine, { ...item, act, attrs: 0 })
          const expected: typeof told = []
          for (let i = 0; i < item.length; i++) {
            const address = item.address + i
            const { region } = machine.space.view.find(address) ?? {}
            // Behind the mirror there is RAM, too.
            if (address < start || address >= start + length || !['ram', 'iommu'].includes(region?.kind ?? '')) continue
            const low = Number(BigInt.asUintN(8, item.value))
            expected.push({ address, byte: act === 6 ? 0 : act === 7 ? (low + i) & 0xff : low })
          }
          expect(told).toEqual(expected)
        } finally {
          set.remove()
        }
      }),
      runs(400),
    )
  })
})

function swapped(value: bigint, size: number): bigint {
  const digits = value.toString(16).padStart(2 * size, '0')
  return BigInt(`0x${(digits.match(/../g) ?? []).reverse().join('')}`)
}
