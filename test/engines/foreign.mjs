// `npm run foreign`: the smoke suite on the built package, on hosts of another kind under qemu's user mode.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { fetchBinary } from './run/fetch.mjs'
import { FOREIGN, FOREIGN_PACKAGES } from './run/list.mjs'
import { aptInstall, PROJECT, readOptions } from './run/options.mjs'
import { readReport, runProcess } from './run/process.mjs'
import { absentRow, conclude, ranRow } from './run/report.mjs'
import { snapshot } from './run/snapshot.mjs'

const SECONDS = 600
const CACHE = join(PROJECT, '.cache/foreign')
const SUITE = fileURLToPath(new URL('./in/engine.mjs', import.meta.url))

const options = readOptions()
const { copies, sha256 } = snapshot(CACHE, options.modules)
const module = pathToFileURL(copies[0]).href
const chosen = FOREIGN.filter(one => options.wanted(one.name))
const missing = ({ emulator, libraries }) => [emulator, libraries].find(path => !existsSync(path))
if (options.install && chosen.some(missing)) aptInstall(FOREIGN_PACKAGES)

const rows = []
for (const host of chosen) {
  const lacks = missing(host)
  if (lacks !== undefined) {
    rows.push(absentRow(host.name, `${lacks} (--install brings it)`))
    continue
  }
  let path
  try {
    path = fetchBinary(CACHE, host.archive, host.binary)
  } catch (error) {
    rows.push(absentRow(host.name, String(error.message).trim().split('\n').at(-1)))
    continue
  }
  const start = ['-L', host.libraries, path]
  const version = execFileSync(host.emulator, [...start, '--version'], { encoding: 'utf8' })
    .trim()
    .slice(1)
  const ran = await runProcess(host.emulator, [...start, SUITE, module], {
    seconds: SECONDS,
    env: { NODE_OPTIONS: '' },
  })
  rows.push(ranRow(host.name, version, 'import', readReport(ran)))
}

process.exit(conclude(rows, sha256, options.json))
