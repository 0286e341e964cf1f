// Debian's packages, by the host's own package tool. The host stays as it is: apt gets lists, a cache and a list of installed
// packages of its own, and takes from the host only where packages come from and whom it trusts.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Why there are no packages: the host has no such tool, no network, or no such packages. */
export class NoPackages extends Error {}

/**
 * @typedef {object} Wanted
 * @property {string} [architecture] The host's own unless given; of packages for all, any has them.
 * @property {(depends: (name: string) => { stdout: string, updateErrors: string }) => string[]} names Of packages; it may ask what one
 *   depends on, and throws NoPackages where there is none.
 * @property {Record<string, string[]>} members What is taken out of a package, as tar matches it, by how its name begins.
 */

/**
 * @param {string} folder Where it is kept. If it is there, nothing is fetched.
 * @param {(what: string) => void} say Progress.
 * @param {Wanted} wanted
 * @returns {string} The folder with what was unpacked.
 * @throws {NoPackages}
 */
export function unpackedPackages(folder, say, { architecture, names: namesOf, members }) {
  if (existsSync(folder)) {
    say(`packages: as they are in ${folder}`)
    return folder
  }
  mkdirSync(join(folder, '..'), { recursive: true })
  // Beside it, to be renamed when it is whole.
  const work = mkdtempSync(`${folder}-`)
  try {
    const config = writeConfig(work, architecture)
    say(`packages: the lists of ${architecture ?? 'this host'}`)
    // It may fail for one of the host's sources and leave the others usable: what counts is whether the packages are found.
    const update = run('apt-get', ['-c', config, 'update'])
    const names = namesOf(name => {
      const { stdout } = run('apt-cache', ['-c', config, 'depends', '--important', name])
      return { stdout, updateErrors: update.stderr }
    })
    say(`packages: ${names.join(', ')}`)
    const download = run('apt-get', ['-c', config, 'download', ...names], work)
    if (download.status !== 0)
      throw new NoPackages(`apt-get could not download ${names.join(', ')}:\n${download.stderr}`)
    mkdirSync(join(work, 'unpacked'))
    for (const file of readdirSync(work).filter(name => name.endsWith('.deb'))) {
      say(`packages: unpacking ${file}`)
      const [, patterns] = Object.entries(members).find(([name]) => file.startsWith(name))
      unpack(join(work, file), join(work, 'unpacked'), patterns)
    }
    renameSync(join(work, 'unpacked'), folder)
    return folder
  } finally {
    rmSync(work, { recursive: true })
  }
}

/** @returns {string} The path of a configuration for `-c`, which is read after the host's. */
function writeConfig(work, architecture) {
  for (const name of ['lists', 'archives']) mkdirSync(join(work, name, 'partial'), { recursive: true })
  writeFileSync(join(work, 'status'), '')
  const path = join(work, 'apt.conf')
  const text = `
// Commands that the host has apt run after it.
#clear APT::Update;
#clear DPkg;
${architecture === undefined ? '' : architectures(architecture)}
APT::Sandbox::User "root";
Dir::State "${work}";
Dir::State::status "${join(work, 'status')}";
Dir::Cache "${work}";
Acquire::Languages "none";
`
  writeFileSync(path, text)
  return path
}

function architectures(name) {
  return `#clear APT::Architectures;
APT::Architecture "${name}";
APT::Architectures { "${name}"; };`
}

function unpack(path, folder, patterns) {
  // As one stream: on disk a kernel's modules take 300 MB.
  const archive = run('dpkg-deb', ['--fsys-tarfile', path], undefined, 'buffer')
  if (archive.status !== 0) throw new NoPackages(`dpkg-deb could not read ${path}: ${archive.stderr}`)
  const tar = run('tar', ['-x', '-C', folder, '--wildcards', ...patterns], undefined, 'utf8', archive.stdout)
  if (tar.status !== 0) throw new NoPackages(`${path} has not what is looked for:\n${tar.stderr}`)
}

function run(tool, args, cwd, encoding = 'utf8', input = undefined) {
  const stdio = [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe']
  const ended = spawnSync(tool, args, {
    cwd,
    encoding,
    input,
    stdio,
    maxBuffer: 2 ** 30,
    env: { ...process.env, LC_ALL: 'C' },
  })
  if (ended.error?.code === 'ENOENT')
    throw new NoPackages(`${tool} is not here; the packages are fetched by Debian's apt-get, apt-cache and dpkg-deb`)
  if (ended.error !== undefined) throw ended.error
  return ended
}
