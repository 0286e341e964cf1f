import fc from 'fast-check'
import {
  AddressSpace,
  addEventNotifier,
  type EventNotifierMatch,
  MemoryRegion,
  registerMemoryListener,
  removeEventNotifier,
} from 'guestmem'
import { describe, expect, test } from 'vitest'
import { LONG, runs } from '../../support/campaign.ts'
import { type Call, recorder } from '../../support/device.ts'

// No time is asserted but the test's own limit: with the square of the number of notifiers, each would take many minutes.
const MANY = 100_000

function board() {
  const calls: Call[] = []
  const region = MemoryRegion.io(
    'doorbell',
    recorder(
      calls,
      { endianness: 'little' },
      () => 0,
      () => 0n,
    ),
    0x1000,
  )
  return { region, calls, space: new AddressSpace('space', region) }
}

describe("H1 a device's doorbell: notifiers at one offset that differ in data", () => {
  test.each([
    ['ascending', (i: number) => i],
    ['descending', (i: number) => MANY - 1 - i],
    ['in any order', (i: number) => (i * 7919) % MANY],
  ])('are added, rung and removed, %s', (_, order) => {
    const { region, space, calls } = board()
    const rung: number[] = []
    const matches = Array.from({ length: MANY }, (_, i) => {
      const data = order(i)
      return { match: { offset: 8, size: 4, data } as const, notify: () => rung.push(data) }
    })
    for (const { match, notify } of matches) addEventNotifier(region, match, notify)
    for (let i = 0; i < MANY; i++) space.store32(8, i)
    expect(rung).toEqual(Array.from({ length: MANY }, (_, i) => i))
    space.store32(8, MANY)
    space.store32(12, 5)
    space.store16(8, 5)
    expect(calls).toHaveLength(3)
    for (const { match, notify } of matches) removeEventNotifier(region, match, notify)
    space.store32(8, 5)
    expect([rung.length, calls.length]).toEqual([MANY, 4])
  })

  test('and at many offsets, of 8 bytes', () => {
    const { region, space, calls } = board()
    let rung = 0
    const notify = () => void rung++
    for (let i = 0; i < MANY; i++)
      addEventNotifier(region, { offset: 8 * (i % 512), size: 8, data: 2n ** 60n + BigInt(i) }, notify)
    for (let i = 0; i < MANY; i++) space.store64(8 * (i % 512), 2n ** 60n + BigInt(i))
    expect([rung, calls.length]).toEqual([MANY, 0])
  })
})

test('H2 of those that take a write, the first is rung: size, with or without data, data, and who came first', () => {
  const match = fc.record({
    offset: fc.constantFrom(0, 8),
    size: fc.constantFrom(0 as const, 1 as const, 4 as const, 8 as const),
    data: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
    who: fc.nat(3),
    remove: fc.nat(3).map(n => n === 3),
  })
  const write = fc.record({
    offset: fc.constantFrom(0, 8),
    size: fc.constantFrom(1, 2, 4, 8),
    value: fc.integer({ min: 0, max: 4 }),
  })
  fc.assert(
    fc.property(
      fc.array(match, { maxLength: 24, size: 'max' }),
      fc.array(write, { maxLength: 12, ...LONG }),
      (steps, writes) => {
        const { region, space, calls } = board()
        let rung: number | undefined
        const who = [0, 1, 2, 3].map(i => () => {
          rung = i
        })
        // In the order of their first use, which stands for QEMU's pointers.
        const known: number[] = []
        const kept: ((typeof steps)[number] & { readonly rank: number })[] = []
        for (const step of steps) {
          const { offset, size, data, who: index, remove } = step
          const given: EventNotifierMatch = { offset, size, data }
          const notify = who[index] as () => void
          if (!known.includes(index)) known.push(index)
          const found = kept.findIndex(
            each => each.offset === offset && each.size === size && each.data === data && each.who === index,
          )
          if (!remove) {
            addEventNotifier(region, given, notify)
            kept.push({ ...step, rank: known.indexOf(index) })
          } else if (found < 0) expect(() => removeEventNotifier(region, given, notify)).toThrow(RangeError)
          else {
            removeEventNotifier(region, given, notify)
            kept.splice(found, 1)
          }
        }
        kept.sort((a, b) => a.size - b.size || (a.data ?? -1) - (b.data ?? -1) || a.rank - b.rank)
        for (const { offset, size, value } of writes) {
          rung = undefined
          calls.length = 0
          if (size === 8) space.store64(offset, BigInt(value))
          else if (size === 4) space.store32(offset, value)
          else if (size === 2) space.store16(offset, value)
          else space.store8(offset, value)
          const due = kept.find(
            each =>
              each.offset === offset &&
              (each.size === 0 || (each.size === size && (each.data === undefined || each.data === value))),
          )
          expect([rung, calls.length]).toEqual([due?.who, due === undefined ? 1 : 0])
        }
        const told: unknown[] = []
        const stop = registerMemoryListener(space, {
          eventfdAdd: ({ address, size, data }) =>
            told.push([address, size, data === undefined ? undefined : Number(data)]),
        })
        stop()
        // Told in reverse (C8): here in the order of each.
        kept.sort((a, b) => a.offset - b.offset)
        expect(told).toEqual(kept.map(({ offset, size, data }) => [offset, size, data]))
      },
    ),
    runs(1000),
  )
})

test('one that is rung may take itself and others away', () => {
  const { region, space, calls } = board()
  let rung = 0
  const match = { offset: 0, size: 4 } as const
  const once = () => {
    rung++
    removeEventNotifier(region, match, once)
    addEventNotifier(region, { ...match, data: 7 }, again)
  }
  const again = () => {
    rung += 10
  }
  addEventNotifier(region, match, once)
  space.store32(0, 7)
  space.store32(0, 7)
  space.store32(0, 8)
  expect([rung, calls.length]).toEqual([11, 1])
})
