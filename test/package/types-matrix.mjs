// `npm run types-matrix [-- --only TEXT]`: programs against the built package's declarations, with every compiler and
// every way to resolve that users have. The compilers are installed into .cache.
import { execFile } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { installPackage, installTools, PROJECT } from './install.mjs'
import { COMPILERS, combinations, folderOf, NODE_TYPES } from './types/compilers.mjs'
import { explicitUndefined } from './types/explicit-undefined.mjs'
import { PROGRAMS } from './types/programs.mjs'

const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } })
const CACHE = join(PROJECT, '.cache/types-matrix')
const USER = join(CACHE, 'user')
const versionOf = name => name.slice(name.lastIndexOf('@') + 1)

installTools(CACHE, {
  '@types/node': versionOf(NODE_TYPES),
  ...Object.fromEntries(COMPILERS.map(version => [folderOf(version), `npm:typescript@${version}`])),
})
rmSync(USER, { recursive: true, force: true })
mkdirSync(USER, { recursive: true })
installPackage(USER)
writeFileSync(join(USER, 'package.json'), '{ "private": true, "type": "module" }')
const doors = {
  guestmem: 'index',
  'guestmem/litmus': 'litmus',
  'guestmem/page-table': 'page-table',
  'guestmem/qemu': 'qemu',
  'guestmem/threads': 'threads',
  'guestmem/snapshot': 'snapshot',
  'guestmem/trace': 'trace',
  'guestmem/vfio': 'vfio',
}
const declarations = Object.fromEntries(
  Object.entries(doors).map(([door, file]) => [door, join(USER, 'node_modules/guestmem/dist', `${file}.d.ts`)]),
)
const programs = { ...PROGRAMS, 'undefined.ts': explicitUndefined(declarations) }
for (const [name, text] of Object.entries(programs)) writeFileSync(join(USER, name), text)

/** What the compiler has to say; nothing where all is well. */
function compile({ version, config }, number) {
  const path = join(USER, `tsconfig.${number}.json`)
  writeFileSync(path, JSON.stringify(config, null, 2))
  const compiler = join(CACHE, 'node_modules', folderOf(version), 'bin/tsc')
  return new Promise(resolve => {
    execFile(process.execPath, [compiler, '--project', path, '--pretty', 'false'], (error, stdout, stderr) =>
      resolve(error === null ? '' : `${stdout}${stderr}`.trim() || String(error)),
    )
  })
}

const wanted = combinations().filter(({ name }) => name.includes(values.only))
let failed = 0
let next = 0
const work = async () => {
  for (let number = next++; number < wanted.length; number = next++) {
    const text = await compile(wanted[number], number)
    if (text !== '') failed++
    console.log(`${wanted[number].name}: ${text === '' ? 'ok' : `FAILED\n${text}`}`)
  }
}
await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, work))
console.log(`\n${wanted.length - failed} of ${wanted.length} ok`)
process.exit(failed > 0 || wanted.length === 0 ? 1 : 0)
