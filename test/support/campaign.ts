import fc from 'fast-check'
import { collect } from './collect.ts'

/** How many runs a property makes: `count`, times the environment variable CAMPAIGN where that is set. */
export function runs(count: number): { numRuns: number } {
  const factor = Number(process.env.CAMPAIGN ?? 1)
  if (!(factor > 0)) throw new RangeError(`CAMPAIGN must be a number over 0, got ${process.env.CAMPAIGN}`)
  return { numRuns: Math.max(1, Math.round(count * factor)) }
}

/**
 * For arrays of random cases: as long as their maxLength says, in campaigns. fast-check makes no more than about ten elements
 * over the least unless it is told to; `npm test` has those, in the time that it has.
 */
export const LONG: { readonly size?: 'max' } = process.env.CAMPAIGN === undefined ? {} : { size: 'max' }

/** A property of random cases, and how many of them `npm test` makes; `npm run campaign` makes 26 times as many. */
export interface Campaign {
  readonly name: string
  readonly count: number
  readonly property: fc.IRawProperty<unknown>
}

/**
 * What a WeakRef was made of lives to the end of the job and until it is collected, so with it all address spaces of these
 * cases: whatever concerns every space of the thread, such as the beginning of a dirty log, would take longer with each case.
 */
export const CASES_OF_A_JOB = 300

export async function pursue({ property, count }: Campaign): Promise<void> {
  const { numRuns } = runs(count)
  for (let left = numRuns; left > 0; left -= CASES_OF_A_JOB) {
    fc.assert(property, { numRuns: Math.min(left, CASES_OF_A_JOB) })
    await collect([])
  }
}
