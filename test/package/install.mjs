import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const PROJECT = fileURLToPath(new URL('../..', import.meta.url))

const npm = (cwd, ...args) =>
  execFileSync('npm', args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    shell: process.platform === 'win32',
  })

/** What `npm publish` would send: `{ files, unpackedSize, ... }`. What is in dist has been built before. */
export function packageContents() {
  return JSON.parse(npm(PROJECT, 'pack', '--dry-run', '--json', '--ignore-scripts'))[0]
}

/** Unpacks the package, as it would be published, into `node_modules` of a folder. */
export function installPackage(folder) {
  const target = join(folder, 'node_modules/guestmem')
  rmSync(target, { recursive: true, force: true })
  mkdirSync(target, { recursive: true })
  const [{ filename }] = JSON.parse(npm(PROJECT, 'pack', '--json', '--ignore-scripts', '--pack-destination', folder))
  execFileSync('tar', ['-xzf', join(folder, filename), '-C', target, '--strip-components', '1'])
  rmSync(join(folder, filename))
}

/**
 * Installs packages into a folder, once: `{ name: 'version or alias' }`. They are tools of a campaign, and no
 * devDependencies: nobody else waits for them.
 */
export function installTools(folder, dependencies) {
  const manifest = `${JSON.stringify({ private: true, type: 'module', dependencies }, null, 2)}\n`
  const path = join(folder, 'package.json')
  const isThere = existsSync(join(folder, 'node_modules/.package-lock.json'))
  if (isThere && existsSync(path) && readFileSync(path, 'utf8') === manifest) return
  mkdirSync(folder, { recursive: true })
  writeFileSync(path, manifest)
  npm(folder, 'install', '--no-audit', '--no-fund', '--no-package-lock')
}
