import { writeFileSync } from 'node:fs'

const COLUMNS = ['engine', 'version', 'where', 'cpu', 'bytes', 'order', 'checks', 'failed', 'verdict']
const SHOWN = 5
const brief = failure => failure.split('\n').slice(0, 3).join('\n')

/**
 * A row for an engine that ran, out of the suite's report. `cpu`, `bytes` (their order there) and `order` (the tier that
 * `auto` takes) are what the package made of the host.
 */
export function ranRow(engine, version, where, { checks, failures, cpu = '?', bytes = '?', order = '?' }) {
  const verdict = checks > 0 && failures.length === 0 ? 'pass' : 'FAIL'
  return { engine, version, where, cpu, bytes, order, checks, failed: failures.length, verdict, failures }
}

export function absentRow(engine, why) {
  return {
    engine,
    version: '-',
    where: '-',
    cpu: '-',
    bytes: '-',
    order: '-',
    checks: 0,
    failed: 0,
    verdict: `not here: ${why}`,
    failures: [],
  }
}

export function printTable(rows) {
  const lines = [COLUMNS, ...rows.map(row => COLUMNS.map(column => String(row[column])))]
  const widths = COLUMNS.map((_, i) => Math.max(...lines.map(line => line[i].length)))
  for (const line of lines)
    console.log(
      line
        .map((cell, i) => cell.padEnd(widths[i]))
        .join('  ')
        .trimEnd(),
    )
  for (const { engine, where, failures } of rows) {
    for (const failure of failures.slice(0, SHOWN)) console.log(`\n${engine}, ${where}: ${brief(failure)}`)
    if (failures.length > SHOWN) console.log(`\n${engine}, ${where}: and ${failures.length - SHOWN} more`)
  }
}

/**
 * Prints, writes the JSON if asked (with the hash of the build that ran), and answers with the exit code: 1 when one
 * that ran failed, or when none ran.
 */
export function conclude(rows, sha256, json) {
  printTable(rows)
  if (json !== undefined) writeFileSync(json, `${JSON.stringify({ sha256, rows }, null, 2)}\n`)
  const ran = rows.filter(({ where }) => where !== '-')
  const failed = ran.filter(({ verdict }) => verdict === 'FAIL').length
  console.log(`\n${ran.length - failed} passed, ${failed} failed, ${rows.length - ran.length} not here`)
  return failed > 0 || ran.length === 0 ? 1 : 0
}
