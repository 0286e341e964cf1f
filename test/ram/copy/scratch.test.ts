import { describe, expect, test } from 'vitest'
import { admitScratch, scratchBytes } from '../../../src/ram/copy/lane.ts'

describe('H13: scratch', () => {
  test('is the smaller of what is moved over and what is left', () => {
    const table = [-3, 0, 1, 2, 3, 4, 5, 6, 7].map(distance => scratchBytes(distance, 6))
    expect(table).toEqual([0, 0, 1, 2, 3, 2, 1, 0, 0])
  })

  test('up to its limit a move is in order; over it, it is refused or, if the user said so, done backwards', () => {
    for (const beyond of ['refuse', 'backwards'] as const) expect(admitScratch({ limit: 9, beyond }, 9)).toBe(true)
    expect(admitScratch({ limit: 9, beyond: 'backwards' }, 10)).toBe(false)
    expect(() => admitScratch({ limit: 9, beyond: 'refuse' }, 10)).toThrow(
      new RangeError('length and distance of this overlapping move need 10 bytes of scratch, over the limit of 9'),
    )
  })
})
