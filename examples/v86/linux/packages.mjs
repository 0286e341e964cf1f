// Debian's packages for a 32-bit PC, by the host's own package tool. The host stays as it is: apt gets lists, a cache and a
// list of installed packages of its own, and takes from the host only where packages come from and whom it trusts.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Depends on the kernel of the day. */
const KERNEL = 'linux-image-686'
const OTHERS = ['busybox-static', 'seabios']
/** What is taken out of them, as tar matches it; of a kernel's 4,000 modules a few. */
const MEMBERS = {
  'linux-image': ['./boot/vmlinuz-*', ...['virtio', 'block', 'uio', 'fat', 'nls'].map(name => `*/${name}/*.ko`)],
  'busybox-static': ['./bin/busybox'],
  seabios: ['*/bios.bin', '*/vgabios-stdvga.bin'],
}

/** Why there are no packages: the host has no such tool, no network, or no such packages. */
export class NoPackages extends Error {}

/**
 * @param {string} folder Where it is kept. If it is there, nothing is fetched.
 * @param {(what: string) => void} say Progress.
 * @returns {string} The folder with what was unpacked.
 * @throws {NoPackages}
 */
export function unpackedPackages(folder, say) {
  if (existsSync(folder)) {
    say(`packages: as they are in ${folder}`)
    return folder
  }
  mkdirSync(join(folder, '..'), { recursive: true })
  // Beside it, to be renamed when it is whole.
  const work = mkdtempSync(`${folder}-`)
  try {
    const config = writeConfig(work)
    say('packages: the lists of i386')
    // It may fail for one of the host's sources and leave the others usable: what counts is whether the packages are found.
    const update = run('apt-get', ['-c', config, 'update'])
    const names = [kernelOfTheDay(config, update), ...OTHERS]
    say(`packages: ${names.join(', ')}`)
    const download = run('apt-get', ['-c', config, 'download', ...names], work)
    if (download.status !== 0)
      throw new NoPackages(`apt-get could not download ${names.join(', ')}:\n${download.stderr}`)
    mkdirSync(join(work, 'unpacked'))
    for (const file of readdirSync(work).filter(name => name.endsWith('.deb'))) {
      say(`packages: unpacking ${file}`)
      unpack(join(work, file), join(work, 'unpacked'))
    }
    renameSync(join(work, 'unpacked'), folder)
    return folder
  } finally {
    rmSync(work, { recursive: true })
  }
}

/** @returns {string} The path of a configuration for `-c`, which is read after the host's. */
function writeConfig(work) {
  for (const name of ['lists', 'archives']) mkdirSync(join(work, name, 'partial'), { recursive: true })
  writeFileSync(join(work, 'status'), '')
  const path = join(work, 'apt.conf')
  const text = `
// Commands that the host has apt run after it.
#clear APT::Update;
#clear DPkg;
#clear APT::Architectures;
APT::Architecture "i386";
APT::Architectures { "i386"; };
APT::Sandbox::User "root";
Dir::State "${work}";
Dir::State::status "${join(work, 'status')}";
Dir::Cache "${work}";
Acquire::Languages "none";
`
  writeFileSync(path, text)
  return path
}

function kernelOfTheDay(config, update) {
  const { stdout } = run('apt-cache', ['-c', config, 'depends', '--important', KERNEL])
  const [, name] = /Depends: (linux-image-\S+)/.exec(stdout) ?? []
  if (name === undefined)
    throw new NoPackages(
      `none of this host's package sources has ${KERNEL} for i386 (Debian 12 has it, 13 has not)` +
        (update.stderr === '' ? '' : `; apt-get update said:\n${update.stderr}`),
    )
  return name
}

function unpack(path, folder) {
  const [, patterns] = Object.entries(MEMBERS).find(([name]) => path.includes(`/${name}`))
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
