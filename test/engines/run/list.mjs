import { arch, platform } from 'node:process'

// Node's builds on npm exist for these hosts under the same names; elsewhere an engine is 'not here'.
const HOST = platform === 'linux' && ['x64', 'arm64'].includes(arch) ? arch : undefined
const BUN = { x64: 'x64', arm64: 'aarch64' }
const DENO = { x64: 'x64', arm64: 'arm64' }

/** @param {string[]} flags */
const node = (version, ...flags) => ({
  name: [`node ${version.split('.')[0]}`, ...flags].join(' '),
  archive: HOST && `node-linux-${HOST}@${version}`,
  binary: 'bin/node',
  args: flags,
  requires: true,
})

/** Engines that start from one file out of an npm archive. Pinned, so that a new failure has one cause. */
export const ENGINES = [
  // The oldest that package.json promises.
  node('20.16.0'),
  node('20.20.2'),
  node('22.23.3'),
  node('24.21.0'),
  node('26.10.0'),
  // Makes one 32-byte store of two of 16, where it can. Kernels have to be right then, too (docs/ORDERING.md).
  node('24.21.0', '--experimental-wasm-revectorize'),
  node('26.10.0', '--experimental-wasm-revectorize'),
  {
    name: 'bun',
    archive: HOST && `@oven/bun-linux-${BUN[HOST]}@1.4.5`,
    binary: 'bin/bun',
    args: ['run'],
  },
  {
    name: 'deno',
    archive: HOST && `@deno/linux-${DENO[HOST]}-glibc@2.9.6`,
    binary: 'deno',
    args: ['run', '--allow-read', '--allow-env', '--no-config', '--no-lock', '--no-remote'],
  },
]

const PROFILE = '{profile}'

/** Browsers come from the system: the first of the paths that is there. */
export const BROWSERS = [
  {
    name: 'chromium',
    paths: [
      '/usr/bin/chromium',
      '/usr/bin/chromium-browser',
      '/usr/bin/google-chrome',
      '/usr/bin/google-chrome-stable',
    ],
    args: [
      '--headless=new',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--no-first-run',
      `--user-data-dir=${PROFILE}`,
    ],
    // Chromium refuses its sandbox to root, which is who runs in most containers.
    rootArgs: ['--no-sandbox'],
    packages: ['chromium'],
  },
  {
    name: 'firefox',
    paths: ['/usr/bin/firefox-esr', '/usr/bin/firefox'],
    args: ['--headless', '--no-remote', '--profile', PROFILE],
    rootArgs: [],
    packages: ['firefox-esr'],
  },
]

export const browserArgs = ({ args, rootArgs }, profile) =>
  [...args, ...(process.getuid?.() === 0 ? rootArgs : [])].map(arg => arg.replace(PROFILE, profile))

const foreign = (name, cpu, qemu, libraries, version) => ({
  name: `node ${version.split('.')[0]} ${name}`,
  archive: `node-linux-${cpu}@${version}`,
  binary: 'bin/node',
  emulator: `/usr/bin/qemu-${qemu}-static`,
  libraries,
})

/** Hosts of another kind, under qemu's user mode. s390x is the one that is big-endian. */
export const FOREIGN = [
  foreign('s390x', 's390x', 's390x', '/usr/s390x-linux-gnu', '20.11.0'),
  foreign('aarch64', 'arm64', 'aarch64', '/usr/aarch64-linux-gnu', '20.20.2'),
  foreign('aarch64', 'arm64', 'aarch64', '/usr/aarch64-linux-gnu', '24.22.0'),
  foreign('ppc64le', 'ppc64le', 'ppc64le', '/usr/powerpc64le-linux-gnu', '20.11.0'),
]

export const FOREIGN_PACKAGES = [
  'qemu-user-static',
  ...['s390x', 'arm64', 'ppc64el'].flatMap(cpu => [`libstdc++6-${cpu}-cross`, `libatomic1-${cpu}-cross`]),
]
