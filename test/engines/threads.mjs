// `npm run threads-soak [-- --minutes N] [-- --only a,b] [-- --json FILE]`: the litmus tests of guestmem/threads, on the built
// package, in every engine with worker threads that can be had here.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'
import { fetchBinary } from './run/fetch.mjs'
import { ENGINES } from './run/list.mjs'
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
await build({
  entryPoints: ['soak', 'vcpu'].map(name => join(PROJECT, `test/threads/support/${name}.ts`)),
  alias: { guestmem: join(PROJECT, 'dist/index.js'), 'guestmem/threads': join(PROJECT, 'dist/threads.js') },
  outdir: folder,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'es2022',
})

const results = []
for (const { name, archive, binary, args } of ENGINES.filter(one => wanted(one.name) && one.archive !== undefined)) {
  const path = fetchBinary(join(PROJECT, '.cache/engines'), archive, binary)
  const version = /\d+(?:\.\d+)+/.exec(execFileSync(path, ['--version'], { encoding: 'utf8' }))?.[0]
  const command = [join(folder, 'soak.mjs'), join(folder, 'vcpu.mjs'), String(minutes)]
  // The last program that was begun ends, however long it takes.
  const { text, problem } = await runProcess(path, [...args, ...command], { seconds: 60 * minutes + 300 })
  const line = text.split('\n').findLast(one => one.startsWith('SOAK '))
  const { rounds = {}, faults = [] } = line === undefined ? {} : JSON.parse(line.slice('SOAK '.length))
  if (line === undefined) faults.push(`${problem ?? 'it ended'}: ${text.trim().split('\n').slice(-5).join('\n')}`)
  results.push({ engine: `${name} ${version}`, minutes, rounds, faults })
  console.log(`\n== ${name} ${version}, ${minutes} minutes`)
  for (const [what, count] of Object.entries(rounds)) console.log(`${String(count).padStart(12)} ${what}`)
  for (const fault of faults) console.log(`WRONG: ${fault}`)
}

if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`)
process.exit(results.length === 0 || results.some(({ faults }) => faults.length > 0) ? 1 : 0)
