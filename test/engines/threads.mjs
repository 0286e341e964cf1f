// `npm run threads-soak [-- --minutes N] [-- --only a,b] [-- --json FILE]`: the litmus tests of guestmem/threads, on the built
// package, in every engine with worker threads that can be had here, and on a page in browsers.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'
import { browserVersion, findBrowser, runThreadsPage } from './run/browser.mjs'
import { fetchBinary } from './run/fetch.mjs'
import { BROWSERS, ENGINES } from './run/list.mjs'
import { PROJECT } from './run/options.mjs'
import { runProcess } from './run/process.mjs'

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '1' }, only: { type: 'string' }, json: { type: 'string' } },
})
const minutes = Number(values.minutes)
if (!(minutes > 0)) throw new RangeError(`--minutes must be a number over 0, got ${values.minutes}`)
const wanted = name => values.only === undefined || values.only.split(',').some(part => name.includes(part))
const folder = mkdtempSync(join(tmpdir(), 'guestmem-threads-soak-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
const common = {
  outdir: folder,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  format: 'esm',
  target: 'es2022',
}
const alias = { guestmem: join(PROJECT, 'dist/index.js'), 'guestmem/threads': join(PROJECT, 'dist/threads.js') }
const support = name => join(PROJECT, `test/threads/support/${name}.ts`)
await build({ ...common, entryPoints: ['soak', 'vcpu'].map(support), platform: 'node', alias })
const pages = join(folder, 'page')
for (const [entry, threads] of [
  ['soak-page', 'web-worker'],
  ['vcpu', 'web-vcpu'],
])
  await build({
    ...common,
    outdir: pages,
    entryPoints: [support(entry)],
    alias: { ...alias, 'node:worker_threads': support(threads) },
  })

const results = []
const tail = text => text.trim().split('\n').slice(-5).join('\n')

function conclude(engine, soaked, problem) {
  const { rounds, faults } = soaked ?? { rounds: {}, faults: [`it told nothing: ${problem}`] }
  results.push({ engine, minutes, rounds, faults })
  console.log(`\n== ${engine}, ${minutes} minutes`)
  for (const [what, count] of Object.entries(rounds)) console.log(`${String(count).padStart(12)} ${what}`)
  console.log(`${String(Object.values(rounds).reduce((sum, count) => sum + count, 0)).padStart(12)} rounds in all`)
  for (const fault of faults) console.log(`WRONG: ${fault}`)
}

for (const { name, archive, binary, args } of ENGINES.filter(one => wanted(one.name) && one.archive !== undefined)) {
  const path = fetchBinary(join(PROJECT, '.cache/engines'), archive, binary)
  const version = /\d+(?:\.\d+)+/.exec(execFileSync(path, ['--version'], { encoding: 'utf8' }))?.[0]
  const command = [join(folder, 'soak.mjs'), join(folder, 'vcpu.mjs'), String(minutes)]
  // The last program that was begun ends, however long it takes.
  const { text, problem } = await runProcess(path, [...args, ...command], { seconds: 60 * minutes + 300 })
  const line = text.split('\n').findLast(one => one.startsWith('SOAK '))
  conclude(`${name} ${version}`, line && JSON.parse(line.slice('SOAK '.length)), problem ?? tail(text))
}

for (const browser of BROWSERS.filter(one => wanted(one.name))) {
  const path = findBrowser(browser)
  if (path === undefined) continue
  const seconds = 60 * minutes + 300
  const { report, problem } = await runThreadsPage(browser, path, join(pages, 'soak-page.mjs'), minutes, seconds)
  conclude(`${browser.name} ${browserVersion(path)}`, report, problem)
}

if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`)
process.exit(results.length === 0 || results.some(({ faults }) => faults.length > 0) ? 1 : 0)
