import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { MemTxAttrs } from 'guestmem'
import { type TracedAccess, type TraceEvent, TraceRing } from 'guestmem/trace'
import { describe, expect, test } from 'vitest'
import { bundle } from '../support/bundle.ts'
import { LONG } from '../support/campaign.ts'
import { later } from '../support/later.ts'
import { accesses, eventOf, REGIONS, SPACES } from './support/access.ts'
import type { DrainReport } from './support/drainer.ts'

function bare({ regionId: _, time: __, ...rest }: TraceEvent) {
  return rest
}

function numbered(value: number): TracedAccess {
  return {
    kind: 'write',
    dma: false,
    address: value,
    offset: value,
    size: 4,
    value,
    big: false,
    result: 0,
    attrs: MemTxAttrs.UNSPECIFIED,
    space: SPACES[0],
    region: REGIONS[0] as (typeof REGIONS)[number],
  }
}

describe('what is recorded is what is drained', () => {
  test('every field, in this thread, in another, and from a file', () => {
    fc.assert(
      fc.property(fc.array(accesses, { maxLength: 40, ...LONG }), list => {
        const ring = TraceRing.allocate({ events: 64 })
        for (const access of list) ring.record(access)
        const expected = list.map(eventOf)
        const file = ring.bytes()
        expect(ring.length).toBe(list.length)
        expect([...TraceRing.open(file.buffer)].map(bare)).toEqual(expected)
        expect([...TraceRing.open(ring.buffer)].map(bare)).toEqual(expected)
        expect(ring.drain()).toEqual([])
      }),
      { numRuns: 1000 },
    )
  })

  test('the time is what the clock says', () => {
    let now = 0.5
    const ring = TraceRing.allocate({ clock: () => now++ })
    for (let i = 0; i < 3; i++) ring.record(numbered(i))
    expect(ring.drain().map(({ time }) => time)).toEqual([0.5, 1.5, 2.5])
  })

  test('names that have no room are numbers', () => {
    const ring = TraceRing.allocate({ nameBytes: 24 })
    ring.record(numbered(1))
    const [event] = ring.drain()
    expect(event?.region).toBe('region 0')
    expect(event?.space).toBe('memory')
  })
})

/** What a ring of 64 should hold, event by event. */
class Model {
  readonly kept: number[] = []
  dropped = 0
  readonly #overwrites: boolean
  constructor(overwrites: boolean) {
    this.#overwrites = overwrites
  }
  record(value: number): void {
    if (this.kept.length === 64) {
      this.dropped += this.#overwrites ? 8 : 1
      if (!this.#overwrites) return
      this.kept.splice(0, 8)
    }
    this.kept.push(value)
  }
}

describe.each(['drop', 'overwrite'] as const)('a full ring, %s', whenFull => {
  test('drops what it should, and counts it', () => {
    const step = fc.oneof(
      fc.record({ record: fc.nat(100) }),
      fc.record({ drain: fc.oneof(fc.nat(100), fc.constant(undefined)) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30, ...LONG }), fc.nat(3), (steps, rounds) => {
        const ring = TraceRing.allocate({ events: 1, whenFull })
        const other = TraceRing.open(ring.buffer)
        const model = new Model(whenFull === 'overwrite')
        let next = 0
        // From a position that is none of the first.
        for (let i = 0; i < rounds * 50; i++) {
          ring.record(numbered(next))
          model.record(next++)
          model.kept.splice(0, other.drain(1).length)
        }
        for (const item of steps) {
          if ('record' in item) {
            for (let i = 0; i < item.record; i++) {
              ring.record(numbered(next))
              model.record(next++)
            }
          } else {
            const got = other.drain(item.drain).map(({ sequence, address }) => {
              expect(sequence).toBe(address)
              return sequence
            })
            expect(got).toEqual(model.kept.splice(0, item.drain ?? 64))
          }
          expect(ring.length).toBe(model.kept.length)
          expect(other.dropped).toBe(model.dropped)
        }
      }),
      { numRuns: 1000 },
    )
  })

  test('another thread drains while this one records: whole events, in order, none unaccounted for', async () => {
    const total = 400_000
    const ring = TraceRing.allocate({ events: 1024, whenFull })
    const program = bundle(new URL('support/drainer.ts', import.meta.url))
    const thread = new Worker(program.path, { workerData: { buffer: ring.buffer, total } })
    try {
      await new Promise(resolve => thread.once('message', resolve))
      const report = new Promise<DrainReport>((resolve, reject) => {
        thread.once('message', resolve)
        thread.once('error', reject)
      })
      for (let i = 0; i < total; i++) ring.record(numbered(i))
      // Nothing is dropped behind it that it could wait for.
      while (ring.length >= 64) await later(1)
      ring.record(numbered(total))
      const { drained, torn, disordered } = await report
      expect({ torn, disordered }).toEqual({ torn: 0, disordered: 0 })
      expect(drained + ring.dropped).toBe(total + 1)
      expect(drained).toBeGreaterThan(0)
    } finally {
      await thread.terminate()
      program.remove()
    }
  })
})

describe('follow', () => {
  test('gives what comes, until it is told to end', async () => {
    const ring = TraceRing.allocate()
    const end = new AbortController()
    const got: number[] = []
    const done = (async () => {
      for await (const { sequence } of ring.follow({ signal: end.signal, interval: 1 })) got.push(sequence)
    })()
    ring.record(numbered(0))
    while (got.length < 1) await later(1)
    ring.record(numbered(1))
    end.abort()
    await done
    expect(got).toEqual([0, 1])
  })
})

describe('refusals', () => {
  const bytes = () => TraceRing.allocate({ events: 64, nameBytes: 0 }).bytes()
  test.each([
    ['no ring', () => TraceRing.open(new ArrayBuffer(4096))],
    ['an empty buffer', () => TraceRing.open(new ArrayBuffer(0))],
    ['a part of a ring', () => TraceRing.open(bytes().buffer.slice(0, 1024))],
    ['another byte order', () => TraceRing.open(bytes().fill(0).buffer)],
    [
      'a capacity that is no power of two',
      () => {
        const file = bytes()
        new Int32Array(file.buffer)[2] = 65
        TraceRing.open(file.buffer)
      },
    ],
    ['a record at the other end', () => TraceRing.open(TraceRing.allocate().buffer).record(numbered(0))],
  ])('%s is a TypeError', (_, act) => {
    expect(act).toThrow(TypeError)
  })
})
