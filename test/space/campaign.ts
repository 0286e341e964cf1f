/** How many runs a property makes: `count`, times the environment variable CAMPAIGN where that is set. */
export function runs(count: number): { numRuns: number } {
  const factor = Number(process.env.CAMPAIGN ?? 1)
  if (!(factor > 0)) throw new RangeError(`CAMPAIGN must be a number over 0, got ${process.env.CAMPAIGN}`)
  return { numRuns: Math.max(1, Math.round(count * factor)) }
}
