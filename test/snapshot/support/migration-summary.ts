import type { MigrationReport } from 'guestmem/snapshot'

/** One run that was found right: a machine that was moved, or a connection or a target that was broken meanwhile. */
export type MigrationResult =
  | ({ readonly kind: 'run' } & Partial<MigrationReport>)
  | { readonly kind: 'kill'; readonly reason: string }

/** What a campaign gave, for one line of JSON. Downtimes are milliseconds. */
export function summaryOf(results: readonly MigrationResult[]): object {
  const downtimes: number[] = []
  const killed: Record<string, number> = {}
  for (const result of results)
    if (result.kind === 'run') downtimes.push(result.downtime ?? Number.NaN)
    else killed[result.reason] = (killed[result.reason] ?? 0) + 1
  downtimes.sort((a, b) => a - b)
  const at = (part: number) => downtimes[Math.ceil(part * downtimes.length) - 1]
  return {
    runs: downtimes.length,
    downtime: { median: at(0.5), most: at(1), under100: downtimes.filter(each => each <= 100).length },
    killed,
  }
}
