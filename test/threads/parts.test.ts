import fc from 'fast-check'
import { MemTxAttrs } from 'guestmem'
import { describe, expect, test, vi } from 'vitest'
import { Grace } from '../../src/threads/grace.ts'
import {
  ACK,
  ENTRY_WORDS,
  HEAD,
  Layout,
  ONLINE,
  RING_ENTRIES,
  ROW_WORDS,
  RUN_BYTES,
  TAIL,
} from '../../src/threads/layout.ts'
import { isSameRow, loadRow, type MapRow, NOTIFIER, POSTED, storeRow } from '../../src/threads/map-row.ts'
import { readMap, writeMap } from '../../src/threads/map-table.ts'
import { postedBy } from '../../src/threads/member-map.ts'
import { NotifierMatch } from '../../src/threads/notifier-match.ts'
import { Outbox } from '../../src/threads/outbox.ts'
import {
  ATOMIC,
  emptyRequest,
  loadRequest,
  OPERATION_SHIFT,
  type Request,
  STORE,
  storeRequest,
} from '../../src/threads/request.ts'
import { RingConsumer, RingProducer } from '../../src/threads/ring.ts'
import { postedRows } from '../../src/threads/space-rows.ts'
import { Waiter } from '../../src/threads/waiter.ts'
import { LONG } from '../support/campaign.ts'

const layout = new Layout({ members: 3, ranges: 8, notifiers: 2 })
const wordsOf = (): Int32Array => new Int32Array(new SharedArrayBuffer(4 * layout.words))

test('the areas of a board do not overlap, whatever its shape', () => {
  const shape = fc.record({
    members: fc.integer({ min: 1, max: 64 }),
    ranges: fc.integer({ min: 1, max: 300 }),
    notifiers: fc.integer({ min: 0, max: 70 }),
  })
  fc.assert(
    fc.property(shape, one => {
      const of = new Layout(one)
      const areas: [number, number][] = [[0, 49]]
      for (let id = 0; id < one.members; id++) {
        areas.push([of.member(id), of.member(id) + 65], [of.ring(id), of.ring(id) + RING_ENTRIES * ENTRY_WORDS])
        areas.push([of.runBytes(id) / 4, (of.runBytes(id) + RUN_BYTES) / 4])
      }
      for (let id = 0; id < one.notifiers; id++) areas.push([of.notifier(id), of.notifier(id) + 1])
      for (const epoch of [6, 7]) areas.push([of.table(epoch), of.table(epoch) + 16 + one.ranges * ROW_WORDS])
      areas.sort((a, b) => a[0] - b[0])
      areas.forEach(([start, end], i) => {
        expect(end).toBeLessThanOrEqual(areas[i + 1]?.[0] ?? of.words)
        expect(start).toBeGreaterThanOrEqual(0)
      })
    }),
    { numRuns: 200 },
  )
})

const address = fc.integer({ min: 0, max: 2 ** 53 - 1 })
const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const small = fc.integer({ min: 0, max: 2 ** 31 - 1 })

test('what is stored of a row, and of a request, is what is loaded', () => {
  const words = new Int32Array(64)
  const attrs = fc
    .record({
      secure: fc.boolean(),
      user: fc.boolean(),
      strict: fc.boolean(),
      memory: fc.boolean(),
      requesterId: fc.integer({ min: 0, max: 0xffff }),
    })
    .map(init => MemTxAttrs.of(init))
  fc.assert(
    fc.property(fc.tuple(address, address, small, small, u32, u32, u32, u32), row => {
      storeRow(words, 8, row)
      expect(loadRow(words, 8)).toEqual(row)
      expect(isSameRow(row, loadRow(words, 8))).toBe(true)
      const other = row.map((value, i) => (i === row[0] % 8 ? value ^ 1 : value)) as unknown as MapRow
      expect(isSameRow(row, other)).toBe(row[0] % 8 < 2 ? row[row[0] % 8] === other[row[0] % 8] : false)
    }),
    { numRuns: 3000 },
  )
  const into: Request = emptyRequest()
  fc.assert(
    fc.property(address, fc.integer({ min: 1, max: RUN_BYTES }), u32, u32, attrs, (at, size, low, high, given) => {
      storeRequest(words, 16, STORE, size, at, low, high, given)
      loadRequest(words, 16, into)
      const told = { size, address: at, low: low | 0, high: high | 0, attrs: given }
      expect(into).toEqual({ ...told, kind: STORE, operation: 0, expectedLow: 0, expectedHigh: 0 })
      const operation = low % 10
      storeRequest(words, 16, ATOMIC | (operation << OPERATION_SHIFT), size, at, low, high, given, high, low)
      loadRequest(words, 16, into)
      expect(into).toEqual({ ...told, kind: ATOMIC, operation, expectedLow: high | 0, expectedHigh: low | 0 })
    }),
    { numRuns: 3000 },
  )
})

test('a ring is first in, first out, and full at its size', () => {
  const one = wordsOf()
  const [put, take] = [new RingProducer(one, layout, 1), new RingConsumer(one, layout, 1)]
  let [pushed, taken] = [0, 0]
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 1500, ...LONG }), fc.boolean(), (steps, often) => {
      for (const step of steps) {
        expect(put.isFull).toBe(pushed - taken === RING_ENTRIES)
        if ((step || often) && !put.isFull) {
          one[put.place] = pushed++
          put.push()
        } else if (take.countBefore(take.head) > 0) {
          expect(one[take.place]).toBe(taken++)
          take.take()
          take.release()
        } else expect(pushed).toBe(taken)
      }
    }),
    { numRuns: 100 },
  )
  const words = wordsOf()
  const producer = new RingProducer(words, layout, 2)
  for (let i = 0; i < RING_ENTRIES; i++) producer.push()
  expect([producer.isFull, words[layout.member(2) + HEAD]]).toEqual([true, RING_ENTRIES])
})

test('an answer says that the ring is empty, whatever TAIL says', () => {
  const tail = layout.member(1) + TAIL
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat({ max: RING_ENTRIES }), fc.boolean(), fc.boolean())), rounds => {
      const words = wordsOf()
      const [put, take] = [new RingProducer(words, layout, 1), new RingConsumer(words, layout, 1)]
      let waiting = 0
      for (const [count, isAsked, isReleased] of rounds) {
        for (let i = 0; i < count && !put.isFull; i++, waiting++) put.push()
        expect(put.isFull).toBe(waiting === RING_ENTRIES)
        if (!isAsked) continue
        for (; take.countBefore(take.head) > 0; waiting--) take.take()
        if (isReleased) take.release()
        put.answered()
        expect(put.isFull).toBe(false)
      }
      expect(words[tail]).toBeLessThanOrEqual(words[layout.member(1) + HEAD] as number)
    }),
    { numRuns: 300 },
  )
})

test('a waiter that spun in vain sleeps at once: 1, 2, 4 ... 256 times, and once after a success', () => {
  const waiter = new Waiter(0)
  const sleepsBeforeSpin = (): number => {
    let sleeps = 0
    for (; ; sleeps++) {
      let looks = 0
      expect(waiter.spin(() => ++looks < 0)).toBe(false)
      if (looks > 1) return sleeps
    }
  }
  expect([0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 256].map(() => sleepsBeforeSpin())).toEqual([
    0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 256,
  ])
  // The one look that is always made is no spin.
  expect(waiter.spin(() => true)).toBe(true)
  for (let left = 256; left > 0; left--) waiter.spin(() => false)
  let looks = 0
  expect(waiter.spin(() => ++looks === 3)).toBe(true)
  expect([sleepsBeforeSpin(), sleepsBeforeSpin()]).toEqual([0, 1])
})

test('and once in a while it spins longer: whom it waits for may have been put on the same core', () => {
  const clock = vi.spyOn(performance, 'now')
  try {
    let now = 0
    clock.mockImplementation(() => now)
    const waiter = new Waiter(1)
    const look = (): boolean => {
      now += 0.001
      return false
    }
    /** Of the next that is no sleep, in milliseconds. */
    const spin = (): number => {
      for (;;) {
        const begin = now
        expect(waiter.spin(look)).toBe(false)
        if (now - begin > 0.5) return Math.round(now - begin)
      }
    }
    // After 1, 2 and 4 sleeps; then not for 50 times as long.
    expect(Array.from({ length: 12 }, spin)).toEqual([1, 1, 1, 20, 1, 1, 1, 1, 1, 1, 1, 1])
    now += 1000
    expect([spin(), spin()]).toEqual([20, 1])
    // One that succeeds begins anew.
    for (let left = 256; left > 0; left--) waiter.spin(look)
    let looks = 0
    expect(waiter.spin(() => ++looks === 3)).toBe(true)
    now += 1000
    expect([spin(), spin(), spin(), spin()]).toEqual([1, 1, 1, 20])
  } finally {
    clock.mockRestore()
  }
})

describe('the map', () => {
  const rows: MapRow[] = [
    [0, 2 ** 40, 0, 1, 2, 3, 2 ** 32 - 1, 5],
    [2 ** 45, 2 ** 45 + 1, 3, 0, 0, 0, 0, 0],
  ]

  test('is read as it was written; a table of another number is none', () => {
    const words = wordsOf()
    writeMap(words, layout, 5, rows)
    expect(readMap(words, layout, 5)).toEqual(rows)
    expect([readMap(words, layout, 3), readMap(words, layout, 6)]).toEqual([undefined, undefined])
    writeMap(words, layout, 6, [])
    expect([readMap(words, layout, 6), readMap(words, layout, 5)]).toEqual([[], rows])
    writeMap(words, layout, 7, rows.slice(1))
    expect([readMap(words, layout, 5), readMap(words, layout, 7)]).toEqual([undefined, rows.slice(1)])
  })

  test('posted ranges that touch or overlap are one row', () => {
    const ranges = [
      { address: 40, length: 8 },
      { address: 8, length: 8 },
      { address: 16, length: 4 },
      { address: 10, length: 2 },
    ].map(each => ({ ...each, sizes: 15, unaligned: false, skew: 0 }))
    expect(postedRows(ranges).map(([start, end]) => [start, end])).toEqual([
      [8, 20],
      [40, 48],
    ])
    // Of two devices they are two.
    const other = { address: 20, length: 4, sizes: 4, unaligned: true, skew: 3 }
    expect(postedRows([...ranges, other]).map(row => row.slice(0, 6))).toEqual([
      [8, 20, POSTED, 15, 0, 0],
      [20, 24, POSTED, 4, 1, 3],
      [40, 48, POSTED, 15, 0, 0],
    ])
  })

  test('a notifier takes stores of its address, its size and its value', () => {
    const match = new NotifierMatch([
      [16, 16, NOTIFIER, 7, 4, 1, 0xffff_fffe, 0],
      [16, 16, NOTIFIER, 8, 8, 1, 1, 0x8000_0000],
      [16, 16, NOTIFIER, 9, 2, 0, 0, 0],
    ])
    expect([match.find(16, 4, -2, 0), match.find(16, 8, 1, -(2 ** 31)), match.find(16, 2, 5, 0)]).toEqual([7, 8, 9])
    for (const [at, size, low, high] of [
      [16, 4, 2, 0],
      [16, 8, 1, 0],
      [17, 2, 5, 0],
      [16, 1, 5, 0],
    ] as const)
      expect(match.find(at, size, low, high)).toBe(undefined)
    expect([match.isEmpty, new NotifierMatch([]).isEmpty]).toEqual([false, true])
  })

  test('notifiers whose addresses are alike in their low 32 bits are told apart', () => {
    const addresses = [16, 2 ** 32 + 16, 2 ** 52 + 16, 2 ** 31, 2 ** 33 + 2 ** 31]
    const match = new NotifierMatch(addresses.map((at, id): MapRow => [at, at, NOTIFIER, id, 4, 0, 0, 0]))
    expect(addresses.map(at => match.find(at, 4, 0, 0))).toEqual([0, 1, 2, 3, 4])
    for (const at of [2 ** 33 + 16, 2 ** 31 + 16, 2 ** 32 + 2 ** 31]) expect(match.find(at, 4, 0, 0)).toBe(undefined)
  })

  test('a store is posted where the device accepts its size, there', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 2n ** 53n - 1n }),
        fc.constantFrom(1, 2, 4, 8),
        fc.nat({ max: 15 }),
        fc.boolean(),
        fc.nat({ max: 7 }),
        (address, size, sizes, unaligned, skew) => {
          const isPosted = postedBy([0, 2 ** 53, POSTED, sizes, unaligned ? 1 : 0, skew, 0, 0])
          const isAligned = (address + BigInt(skew)) % BigInt(size) === 0n
          expect(isPosted(Number(address), size)).toBe((sizes & size) !== 0 && (unaligned || isAligned))
        },
      ),
      { numRuns: 3000 },
    )
  })
})

describe('grace and outbox', () => {
  function parts() {
    const words = wordsOf()
    const members = new Map([
      [0, 0],
      [2, 0],
    ])
    const grace = new Grace(words, layout, members)
    return { words, members, grace, outbox: new Outbox(grace, () => {}) }
  }

  test('a member holds a change up while it is online and has not acknowledged', () => {
    const { words, members, grace } = parts()
    grace.begin()
    expect([grace.epoch, grace.isSettled()]).toEqual([1, true])
    words[layout.member(2) + ONLINE] = 1
    words[layout.member(1) + ONLINE] = 1 // Is no member.
    grace.begin()
    expect([grace.isSettled(), grace.laggard()]).toEqual([false, 2])
    words[layout.member(2) + ACK] = 1
    expect(grace.isSettled()).toBe(false)
    words[layout.member(2) + ACK] = 2
    expect([grace.isSettled(), grace.laggard()]).toEqual([true, undefined])
    grace.begin()
    expect(grace.isSettled()).toBe(false)
    words[layout.member(2) + ONLINE] = 0
    expect(grace.isSettled()).toBe(true)
    words[layout.member(2) + ONLINE] = 1
    grace.begin()
    members.delete(2)
    expect(grace.isSettled()).toBe(true)
  })

  test('what is told goes out in order, once no older map is in use', () => {
    const { words, grace, outbox } = parts()
    const told: number[] = []
    outbox.tell(() => told.push(1))
    words[layout.member(0) + ONLINE] = 1
    grace.begin()
    outbox.tell(() => {
      told.push(2)
      outbox.tell(() => told.push(4))
    })
    outbox.tell(() => told.push(3))
    expect([told, outbox.flush(), outbox.isOpen()]).toEqual([[1], false, false])
    words[layout.member(0) + ACK] = 1
    // Nothing overtakes what waits.
    outbox.tell(() => told.push(5))
    expect([outbox.flush(), told]).toEqual([true, [1, 2, 3, 5, 4]])
  })
})
