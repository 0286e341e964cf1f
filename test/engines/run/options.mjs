import { execFileSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

export const PROJECT = fileURLToPath(new URL('../../..', import.meta.url))

/** `--install`, `--json FILE`, `--only a,b` (parts of engine names), `--module FILE` (instead of what is in dist; guestmem/threads beside it). */
export function readOptions() {
  const { values } = parseArgs({
    options: {
      install: { type: 'boolean', default: false },
      json: { type: 'string' },
      only: { type: 'string' },
      module: { type: 'string' },
    },
  })
  const dist = ['dist/index.js', 'dist/index.cjs'].map(path => join(PROJECT, path))
  const modules = values.module === undefined ? dist : [resolve(values.module)]
  const parts = values.only?.split(',')
  const wanted = name => parts === undefined || parts.some(part => name.includes(part))
  return { ...values, modules, wanted }
}

export function aptInstall(packages) {
  const options = {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  }
  execFileSync('apt-get', ['update', '-q'], options)
  execFileSync('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...packages], options)
}
