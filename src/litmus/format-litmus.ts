import type { LitmusReport, LitmusRow } from './run.ts'

const NAME = 34
const COUNT = 12

/** The report as text: of each race and copy how often each outcome was seen, the forbidden one marked, as litmus7 does. */
export function formatLitmus({ host, order, rows, verdict, notShown }: LitmusReport): string {
  const lines = [`Host ${host}; guestmem takes the ${order} order there.`]
  for (const race of new Set(rows.map(row => row.race))) {
    const own = rows.filter(row => row.race === race)
    const { hazard, allowed, forbidden } = own[0] as LitmusRow
    lines.push('', `Test ${race} (${hazard}): ${forbidden}?`)
    lines.push(`  ${''.padEnd(NAME)}${`:> ${allowed}`.padStart(COUNT + 16)}${`*> ${forbidden}`.padStart(COUNT + 16)}`)
    for (const row of own) {
      const counts = [row.rounds - Math.min(row.rounds, row.caught), row.caught].map(n => `${n}`.padStart(COUNT + 16))
      lines.push(`  ${row.copy.padEnd(NAME)}${counts.join('')}  ${remark(row)}`)
    }
    if (notShown.includes(race)) lines.push('  No bad copy was caught here: this run shows nothing.')
  }
  lines.push('', `Verdict: ${verdict}`)
  return lines.join('\n')
}

function remark({ ours, rounds, caught }: LitmusRow): string {
  if (caught > 0) return ours ? 'WRONG' : 'caught'
  if (rounds === 0) return 'never met'
  return ours ? 'never, as promised' : 'not seen in this run'
}
