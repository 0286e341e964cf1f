// `npm run soak [-- --minutes N] [-- --only a,b] [-- --json FILE]`: guestmem litmus in every engine that can be had here,
// as a command where there is one, on a page in browsers.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { browserVersion, findBrowser, runLitmusPage } from './run/browser.mjs'
import { fetchBinary } from './run/fetch.mjs'
import { BROWSERS, ENGINES } from './run/list.mjs'
import { PROJECT } from './run/options.mjs'
import { runProcess } from './run/process.mjs'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '0.25' },
    only: { type: 'string' },
    json: { type: 'string' },
  },
})
const minutes = Number(values.minutes)
if (!(minutes > 0)) throw new RangeError(`--minutes must be a number over 0, got ${values.minutes}`)
const wanted = name => values.only === undefined || values.only.split(',').some(part => name.includes(part))
// Threads that start, and browsers that do.
const seconds = minutes * 90 + 120
const { formatLitmus } = await import(join(PROJECT, 'dist/litmus.js'))
const results = []

function conclude(engine, report, problem) {
  results.push({ engine, minutes, ...(report ?? { problem }) })
  console.log(
    `\n== ${engine}, ${minutes} minutes\n${report === undefined ? `FAILED: ${problem}` : formatLitmus(report)}`,
  )
}

for (const { name, archive, binary, args } of ENGINES.filter(one => wanted(one.name) && one.archive !== undefined)) {
  const path = fetchBinary(join(PROJECT, '.cache/engines'), archive, binary)
  const version = /\d+(?:\.\d+)+/.exec(execFileSync(path, ['--version'], { encoding: 'utf8' }))?.[0]
  const folder = mkdtempSync(join(tmpdir(), 'guestmem-soak-'))
  const json = join(folder, 'report.json')
  const permissions = name === 'deno' ? ['--allow-write'] : []
  const command = [join(PROJECT, 'dist/cli.js'), 'litmus', '--minutes', String(minutes), '--json', json]
  const { text, problem } = await runProcess(path, [...args, ...permissions, ...command], { seconds })
  let report
  try {
    report = JSON.parse(readFileSync(json, 'utf8'))
  } catch {
    // It never came so far: the text says why.
  }
  conclude(`${name} ${version}`, report, problem ?? text.trim().split('\n').slice(-5).join('\n'))
  rmSync(folder, { recursive: true })
}

for (const browser of BROWSERS.filter(one => wanted(one.name))) {
  const path = findBrowser(browser)
  if (path === undefined) continue
  const { report, problem } = await runLitmusPage(browser, path, join(PROJECT, 'dist/litmus.js'), minutes, seconds)
  conclude(`${browser.name} ${browserVersion(path)}`, report, problem)
}

if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`)
const bad = results.filter(({ verdict }) => verdict === undefined || verdict === 'WRONG')
console.log(`\n${results.map(({ engine, verdict = 'FAILED' }) => `${engine}: ${verdict}`).join('\n')}`)
process.exit(bad.length > 0 || results.length === 0 ? 1 : 0)
