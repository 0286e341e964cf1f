// `npm run engines`: the smoke suite on the built package, in every engine that can be had here.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { browserVersion, findBrowser, runBrowser } from './run/browser.mjs'
import { fetchBinary } from './run/fetch.mjs'
import { BROWSERS, ENGINES } from './run/list.mjs'
import { aptInstall, PROJECT, readOptions } from './run/options.mjs'
import { readReport, runProcess } from './run/process.mjs'
import { absentRow, conclude, ranRow } from './run/report.mjs'
import { PAGES } from './run/serve.mjs'
import { snapshot } from './run/snapshot.mjs'

const SECONDS = 120
const CACHE = join(PROJECT, '.cache/engines')
const SUITE = fileURLToPath(new URL('./in/engine.mjs', import.meta.url))

const options = readOptions()
const { copies, sha256 } = snapshot(CACHE, options.modules)
const addresses = copies.map(path => pathToFileURL(path).href)
const rows = []

for (const { name, archive, binary, args, requires } of ENGINES.filter(one => options.wanted(one.name))) {
  if (archive === undefined) {
    rows.push(absentRow(name, 'no build for this host'))
    continue
  }
  let path
  try {
    path = fetchBinary(CACHE, archive, binary)
  } catch (error) {
    rows.push(absentRow(name, String(error.message).trim().split('\n').at(-1)))
    continue
  }
  const env = { DENO_DIR: join(CACHE, 'deno-dir'), DENO_NO_UPDATE_CHECK: '1', NODE_OPTIONS: '' }
  const version = /\d+(?:\.\d+)+/.exec(execFileSync(path, ['--version'], { encoding: 'utf8' }))?.[0]
  for (const address of addresses) {
    const isCommon = address.endsWith('.cjs')
    if (isCommon && !requires) continue
    const ran = await runProcess(path, [...args, SUITE, address], { seconds: SECONDS, env })
    rows.push(ranRow(name, version, isCommon ? 'require' : 'import', readReport(ran)))
  }
}

for (const browser of BROWSERS.filter(one => options.wanted(one.name))) {
  let problem = ''
  try {
    if (findBrowser(browser) === undefined && options.install) aptInstall(browser.packages)
  } catch (error) {
    problem = `, and ${error.message.trim().split('\n')[0]}`
  }
  const path = findBrowser(browser)
  if (path === undefined) {
    rows.push(absentRow(browser.name, `none of ${browser.paths.join(', ')}${problem}`))
    continue
  }
  const version = browserVersion(path)
  if (version === undefined) {
    rows.push(absentRow(browser.name, `${path} does not start`))
    continue
  }
  for (const kind of Object.keys(PAGES)) {
    const { page, worker, example } = await runBrowser(browser, path, copies[0], kind)
    const rowsOf = { [`${kind} page`]: page, 'its worker': worker, 'worker example': example }
    for (const [how, ran] of Object.entries(rowsOf)) rows.push(ranRow(browser.name, version, how, ran))
  }
}

process.exit(conclude(rows, sha256, options.json))
