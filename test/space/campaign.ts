import fc from 'fast-check'

/** How many runs a property makes: `count`, times the environment variable CAMPAIGN where that is set. */
export function runs(count: number): { numRuns: number } {
  const factor = Number(process.env.CAMPAIGN ?? 1)
  if (!(factor > 0)) throw new RangeError(`CAMPAIGN must be a number over 0, got ${process.env.CAMPAIGN}`)
  return { numRuns: Math.max(1, Math.round(count * factor)) }
}

/** A property of random cases, and how many of them `npm test` makes; `npm run campaign` makes forty times as many. */
export interface Campaign {
  readonly name: string
  readonly count: number
  readonly property: fc.IRawProperty<unknown>
}

export function pursue({ property, count }: Campaign): void {
  fc.assert(property, runs(count))
}
