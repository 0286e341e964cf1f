import { show } from '../check.ts'
import type { LitmusReport, LitmusRow } from './report.ts'

// Widths of the table's columns, characters.
const NAME_WIDTH = 34
const COUNT_WIDTH = 28

/** The report as text: how often each outcome was observed in each race of each copy, the forbidden one marked with `*`. */
export function formatLitmus(report: LitmusReport): string {
  const { host, order, rows, verdict, notShown } = checkReport(report)
  const lines = [`Host ${host}; guestmem takes the ${order} order there.`]
  for (const race of new Set(rows.map(row => row.race))) {
    const copies = rows.filter(row => row.race === race)
    const { hazard, allowed, forbidden } = copies[0] as LitmusRow
    const headings = [`:> ${allowed}`, `*> ${forbidden}`].map(text => text.padStart(COUNT_WIDTH))
    lines.push('', `Test ${race} (${hazard}): ${forbidden}?`, `  ${''.padEnd(NAME_WIDTH)}${headings.join('')}`)
    for (const row of copies) {
      const counts = [Math.max(0, row.rounds - row.caught), row.caught].map(n => `${n}`.padStart(COUNT_WIDTH))
      lines.push(`  ${row.copy.padEnd(NAME_WIDTH)}${counts.join('')}  ${remarkOn(row)}`)
    }
    if (notShown.includes(race)) lines.push('  No bad copy was caught here: this run shows nothing.')
  }
  lines.push('', `Verdict: ${verdict}`)
  return lines.join('\n')
}

function checkReport(report: unknown): LitmusReport {
  const { rows, notShown } = (report ?? {}) as Partial<LitmusReport>
  if (Array.isArray(rows) && Array.isArray(notShown) && rows.every(row => typeof row?.copy === 'string'))
    return report as LitmusReport
  throw new TypeError(`report must be what runLitmus gave, got ${show(report)}`)
}

function remarkOn({ ours, rounds, caught }: LitmusRow): string {
  if (caught > 0) return ours ? 'WRONG' : 'caught'
  if (rounds === 0) return 'never met'
  return ours ? 'never, as promised' : 'not seen in this run'
}
