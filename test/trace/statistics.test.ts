import fc from 'fast-check'
import { formatTraceStatistics, type TraceEvent, TraceRing, traceStatistics, traceToSvg } from 'guestmem/trace'
import { describe, expect, test } from 'vitest'
import { isWellFormedXml } from '../qemu/xml.ts'
import { LONG } from '../support/campaign.ts'
import { accesses } from './support/access.ts'

function eventsOf(list: readonly Parameters<TraceRing['record']>[0][], clock?: () => number): TraceEvent[] {
  const ring = TraceRing.allocate({ events: 128, clock })
  for (const access of list) ring.record(access)
  return ring.drain()
}

describe('the numbers of a trace', () => {
  test('are what one counts by hand', () => {
    let now = 0
    fc.assert(
      fc.property(fc.array(accesses, { maxLength: 60, ...LONG }), fc.nat(5), (list, left) => {
        const events = eventsOf(list, () => now++)
        const kept = events.filter((_, index) => index === 0 || index % (left + 1) === 0)
        const all = traceStatistics(kept)
        const last = kept.at(-1)?.sequence ?? -1
        expect(all.missing).toBe(Math.max(0, last + 1 - kept.length))
        expect(all.duration).toBe(Math.max(0, last))
        expect(all.bytes).toBe(kept.reduce((sum, { size }) => sum + size, 0))
        for (const name of new Set(kept.map(({ region }) => region))) {
          const own = kept.filter(({ region }) => region === name)
          expect(all.regions.find(({ region }) => region === name)).toEqual({
            region: name,
            reads: own.filter(({ kind }) => kind === 'read').length,
            writes: own.filter(({ kind }) => kind === 'write').length,
            fetches: own.filter(({ kind }) => kind === 'fetch').length,
            dma: own.filter(({ dma }) => dma).length,
            bytes: own.reduce((sum, { size }) => sum + size, 0),
            failed: own.filter(({ result }) => result !== 0).length,
          })
        }
        for (const key of ['reads', 'writes', 'fetches', 'dma', 'failed'] as const)
          expect(all[key]).toBe(all.regions.reduce((sum, each) => sum + each[key], 0))
        const text = formatTraceStatistics(all)
        expect(text.split('\n').length).toBe(all.regions.length + 3 + (all.missing > 0 ? 1 : 0))
      }),
      { numRuns: 1000 },
    )
  })

  test('are refused of what is none', () => {
    expect(() => traceStatistics(7 as never)).toThrow(TypeError)
    expect(() => formatTraceStatistics({} as never)).toThrow(TypeError)
  })
})

describe('the picture of a trace', () => {
  test('is XML that is closed, whatever the names, and has each region', () => {
    fc.assert(
      fc.property(
        fc.array(accesses, { maxLength: 60, ...LONG }),
        fc.array(fc.string({ unit: 'binary' }), { maxLength: 80, ...LONG }),
        (list, names) => {
          const events = eventsOf(list)
          const renamed = names.map((region, sequence) => ({ ...(events[0] as TraceEvent), region, sequence }))
          const svg = traceToSvg(events.length > 0 ? [...events, ...renamed] : [])
          expect(isWellFormedXml(svg)).toBe(true)
          if (names.length < 50)
            for (const { region } of events) if (region !== '') expect(svg).toContain(`>${region} (`)
        },
      ),
      { numRuns: 500 },
    )
  })

  test('shows one row for the regions that are many', () => {
    const [event] = eventsOf(fc.sample(accesses, 1))
    const many = Array.from({ length: 100 }, (_, i) => ({ ...(event as TraceEvent), region: `r${i}`, sequence: i }))
    expect(traceToSvg(many)).toContain('>41 others (41)<')
  })
})
