import { describe, expect, test } from 'vitest'
import { allows } from './explore.ts'
import { type Litmus, mixtures, shapes } from './litmus.ts'
import { MODEL_NAMES, MODELS } from './models.ts'

/** The models under which the outcome is allowed, in the order of MODEL_NAMES. */
type Verdicts = Readonly<Record<string, string>>

const NEVER = ''
const ON_WEAK = 'weak'
const BUT_ON_SC = 'tso weak'

function verdicts(tests: readonly Litmus[]): Verdicts {
  return Object.fromEntries(
    tests.map(({ name, program, asks }) => {
      const allowing = MODEL_NAMES.filter(model => allows(program, MODELS[model], asks))
      return [name, allowing.join(' ')]
    }),
  )
}

describe('the classic litmus tests have their known verdicts', () => {
  test('plain accesses', () => {
    expect(verdicts(shapes('plain'))).toEqual({
      MP: ON_WEAK,
      SB: BUT_ON_SC,
      LB: ON_WEAK,
      '2+2W': ON_WEAK,
      IRIW: ON_WEAK,
      S: ON_WEAK,
      R: BUT_ON_SC,
      WRC: ON_WEAK,
      'SB+rfis': BUT_ON_SC,
      CoRR: NEVER,
      'CoRR of two readers': NEVER,
      CoWW: NEVER,
      CoWR: NEVER,
      CoWWR: NEVER,
      CoRW1: NEVER,
      CoRW2: NEVER,
    } satisfies Verdicts)
  })

  test('atomic accesses: none is allowed anywhere', () => {
    for (const [name, allowing] of Object.entries(verdicts(shapes('atomic'))))
      expect({ [name]: allowing }).toEqual({ [name]: NEVER })
  })

  test('orders mixed, fences and branches', () => {
    expect(verdicts(mixtures())).toEqual({
      'MP, writer atomic': ON_WEAK,
      'MP, reader atomic': ON_WEAK,
      'MP, flag atomic': NEVER,
      'MP, data atomic': ON_WEAK,
      'MP+fences': NEVER,
      'SB+fences': NEVER,
      'SB, stores atomic': ON_WEAK,
      'LB+ctrls': NEVER,
      'branch lost': NEVER,
      'CoWR+ctrl': NEVER,
      'MP+fence+po': ON_WEAK,
    } satisfies Verdicts)
  })
})
