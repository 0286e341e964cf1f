import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { explore } from './explore.ts'
import { MODELS, type Model } from './models.ts'
import type { Program } from './program.ts'
import { programs } from './random.ts'
import { interleavings, keyOf, storeBuffers } from './reference.ts'
import { specified, type Tearing } from './tearing.ts'

const ends = (program: Program, model: Model, tearing?: Tearing): Set<string> =>
  new Set([...explore(program, model, tearing)].map(keyOf))

function expectWithin(inner: Set<string>, outer: Set<string>): void {
  expect([...inner].filter(end => !outer.has(end))).toEqual([])
}

describe('on random programs', () => {
  test('sc has the outcomes of all interleavings, and no other', () => {
    const property = fc.property(programs(), program => {
      expect(ends(program, MODELS.sc)).toEqual(interleavings(program))
    })
    fc.assert(property)
  })

  test('tso has the outcomes of FIFO store buffers, and no other', () => {
    const property = fc.property(programs(), program => {
      expect(ends(program, MODELS.tso)).toEqual(storeBuffers(program))
    })
    fc.assert(property, { numRuns: 300 })
  })

  test('what sc allows tso allows, and weak allows what tso does', () => {
    const property = fc.property(programs(), program => {
      const tso = ends(program, MODELS.tso)
      expectWithin(ends(program, MODELS.sc), tso)
      expectWithin(tso, ends(program, MODELS.weak))
    })
    fc.assert(property, { numRuns: 300 })
  })

  test('programs of atomic accesses alone are sequentially consistent under every model', () => {
    const property = fc.property(programs(['atomic']), program => {
      const sc = ends(program, MODELS.sc)
      expect(ends(program, MODELS.tso)).toEqual(sc)
      expect(ends(program, MODELS.weak)).toEqual(sc)
    })
    fc.assert(property)
  })

  test('tearing takes no outcome away', () => {
    const property = fc.property(programs(), fc.constantFrom(...Object.values(MODELS)), (program, model) =>
      expectWithin(ends(program, model), ends(program, model, specified())),
    )
    fc.assert(property)
  })
})
