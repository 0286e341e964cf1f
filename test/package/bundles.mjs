// `npm run bundles [-- --install] [-- --only TEXT]`: an application that imports `guestmem/litmus`, bundled by what people
// bundle with, runs the races in Node and in Chromium. Bundlers are installed into .cache; `--install` gets Chromium.
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { findBrowser } from '../engines/run/browser.mjs'
import { BROWSERS } from '../engines/run/list.mjs'
import { aptInstall } from '../engines/run/options.mjs'
import { runProcess } from '../engines/run/process.mjs'
import { BUNDLES, TOOLS } from './bundles/bundlers.mjs'
import { BAD_THREADS, programFor } from './bundles/programs.mjs'
import { visit } from './bundles/visit.mjs'
import { installPackage, installTools, PROJECT } from './install.mjs'

const { values } = parseArgs({
  options: { only: { type: 'string', default: '' }, install: { type: 'boolean', default: false } },
})
const CACHE = join(PROJECT, '.cache/bundles')
const USER = join(CACHE, 'user')
const chromium = BROWSERS.find(({ name }) => name === 'chromium')
if (findBrowser(chromium) === undefined && values.install) aptInstall(chromium.packages)
const browserPath = findBrowser(chromium)

installTools(CACHE, TOOLS)
rmSync(USER, { recursive: true, force: true })
mkdirSync(USER, { recursive: true })
installPackage(USER)
const { resolve } = createRequire(join(CACHE, 'package.json'))
const load = tool => import(pathToFileURL(resolve(tool)))

/** Bundles a program into a folder of its own, and gives the folder, and what is to be run there. */
async function bundle({ name, runsIn, build }) {
  const folder = join(USER, name.replaceAll(/[^a-z0-9]+/g, '-'))
  const [from, to] = [join(folder, 'source'), join(folder, 'built')]
  for (const path of [from, to]) mkdirSync(path, { recursive: true })
  for (const [file, text] of Object.entries(programFor(runsIn))) writeFileSync(join(from, file), text)
  const file = await build(from, to, load)
  // Moved, as an application that is deployed.
  const deployed = join(CACHE, 'deployed', name.replaceAll(/[^a-z0-9]+/g, '-'))
  rmSync(deployed, { recursive: true, force: true })
  cpSync(to, deployed, { recursive: true })
  return { folder: deployed, file: file?.replace(to, deployed) }
}

async function runInNode(file) {
  const { text, problem } = await runProcess(process.execPath, [file], { seconds: 60 })
  try {
    return JSON.parse(text)
  } catch {
    return { failure: problem ?? text }
  }
}

let failed = 0
function tell(name, report, isRight) {
  if (!isRight(report)) failed++
  console.log(`${name}: ${JSON.stringify(report)}${isRight(report) ? '' : ': FAILED'}`)
}
const hasRun = ({ verdict, rows }) => ['as promised', 'not shown'].includes(verdict) && rows > 20
const isRefused = ({ failure, ms }) => /^Error: no litmus thread could be started/.test(failure) && ms < 5000

const isHere = ({ name, runsIn }) => {
  if (runsIn !== 'page' || browserPath !== undefined) return name.includes(values.only)
  console.log(`${name}: not run, there is no Chromium here (--install gets it)`)
  return false
}
const bundles = new Map()
for (const one of BUNDLES.filter(isHere)) {
  try {
    bundles.set(one.name, { ...one, ...(await bundle(one)) })
  } catch (error) {
    tell(one.name, { failure: String(error) }, () => false)
  }
}
// Some bundlers put the path of the package's file into the bundle, which is of no use where that is not.
rmSync(USER, { recursive: true })
for (const { name, runsIn, folder, file } of bundles.values())
  tell(name, await (runsIn === 'page' ? visit(chromium, browserPath, folder) : runInNode(file)), hasRun)

const policy = text => ({ headers: { 'Content-Security-Policy': text } })
const NO_WEBASSEMBLY = "script-src 'self'; worker-src 'self' blob:"
/** A page that is told something, by its bundle's name: and what is to come of it. */
const PAGES = [
  ...Object.keys(BAD_THREADS).map(file => ['esbuild, esm', file, { query: `?worker=/${file}` }, isRefused]),
  ['esbuild, esm', 'an address where nothing is', { query: '?worker=/none.js' }, isRefused],
  ['esbuild, esm', 'an address of another site', { query: '?worker=https://example.org/none.js' }, isRefused],
  ['esbuild, esm', 'a policy that forbids threads', policy("worker-src 'none'"), isRefused],
  ['esbuild, esm', 'a policy that forbids the packed program', policy("worker-src 'self'"), isRefused],
  ['vite', 'a policy that forbids the packed program', policy("worker-src 'self'"), hasRun],
  ['webpack', 'a policy that forbids the packed program', policy("worker-src 'self'"), hasRun],
  ['vite', 'a policy that forbids WebAssembly', policy(NO_WEBASSEMBLY), hasRun],
  ['esbuild, esm', 'a policy that forbids WebAssembly', policy(NO_WEBASSEMBLY), hasRun],
  [
    'esbuild, esm',
    'an address that is not isolated',
    { headers: { 'Cross-Origin-Embedder-Policy': 'unsafe-none' } },
    ({ failure }) => /must be cross-origin isolated/.test(failure),
  ],
]
for (const [name, what, options, isRight] of PAGES) {
  const folder = bundles.get(name)?.folder
  if (folder === undefined) continue
  for (const [file, text] of Object.entries(BAD_THREADS)) writeFileSync(join(folder, file), text)
  tell(`${name}, ${what}`, await visit(chromium, browserPath, folder, options), isRight)
}
rmSync(join(CACHE, 'deployed'), { recursive: true, force: true })
console.log(failed === 0 ? '\nall ok' : `\n${failed} FAILED`)
process.exit(failed > 0 ? 1 : 0)
