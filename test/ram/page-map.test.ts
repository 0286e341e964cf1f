import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PageMap } from '../../src/ram/page-map.ts'
import { LONG, runs } from '../support/campaign.ts'

const PAGES = 200

describe('a map of pages', () => {
  test('takes and gives back as a list of booleans does', () => {
    const step = fc.oneof(
      fc.record({ take: fc.integer({ min: 1, max: 70 }), low: fc.nat(PAGES - 1), span: fc.nat(PAGES) }),
      fc.record({ free: fc.nat(30) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, ...LONG }), steps => {
        const map = new PageMap(new ArrayBuffer(PageMap.size(PAGES * 4096)))
        const taken = new Array<boolean>(PAGES).fill(false)
        const held: [number, number][] = []
        for (const each of steps) {
          if ('take' in each) {
            const { take, low } = each
            const high = Math.min(PAGES, low + each.span)
            let due: number | undefined
            for (let page = low; page + take <= high && due === undefined; page++)
              if (!taken.slice(page, page + take).includes(true)) due = page
            expect(map.take(low, high, take)).toBe(due)
            if (due !== undefined) {
              taken.fill(true, due, due + take)
              held.push([due, take])
            }
          } else if (held.length > 0) {
            const [first, count] = held.splice(each.free % held.length, 1)[0] as [number, number]
            map.free(first, count)
            taken.fill(false, first, first + count)
          }
          let longest = 0
          for (let page = 0, run = 0; page < PAGES; page++) {
            run = taken[page] ? 0 : run + 1
            longest = Math.max(longest, run)
          }
          expect(map.longestFree(0, PAGES)).toBe(longest)
        }
      }),
      runs(1000),
    )
  })

  test('is of one memory', () => {
    const map = new PageMap(new SharedArrayBuffer(PageMap.size(4096)))
    map.identity = -5
    expect(new PageMap(map.buffer).identity).toBe(-5)
    expect(map.take(0, 1, 1)).toBe(0)
    expect(new PageMap(map.buffer).take(0, 1, 1)).toBeUndefined()
  })
})
