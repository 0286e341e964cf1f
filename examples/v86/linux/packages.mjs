// Debian's packages for a 32-bit PC.

import { NoPackages, unpackedPackages as unpacked } from '../../debian-packages.mjs'

/** Depends on the kernel of the day. */
const KERNEL = 'linux-image-686'
const OTHERS = ['busybox-static', 'seabios']
/** Of a kernel's 4,000 modules a few. */
const MEMBERS = {
  'linux-image': ['./boot/vmlinuz-*', ...['virtio', 'block', 'uio', 'fat', 'nls'].map(name => `*/${name}/*.ko`)],
  'busybox-static': ['./bin/busybox'],
  seabios: ['*/bios.bin', '*/vgabios-stdvga.bin'],
}

export { NoPackages }

/**
 * @param {string} folder Where it is kept. If it is there, nothing is fetched.
 * @param {(what: string) => void} say Progress.
 * @returns {string} The folder with what was unpacked.
 * @throws {NoPackages}
 */
export function unpackedPackages(folder, say) {
  const names = depends => [kernelOfTheDay(depends(KERNEL)), ...OTHERS]
  return unpacked(folder, say, { architecture: 'i386', names, members: MEMBERS })
}

function kernelOfTheDay({ stdout, updateErrors }) {
  const [, name] = /Depends: (linux-image-\S+)/.exec(stdout) ?? []
  if (name === undefined)
    throw new NoPackages(
      `none of this host's package sources has ${KERNEL} for i386 (Debian 12 has it, 13 has not)` +
        (updateErrors === '' ? '' : `; apt-get update said:\n${updateErrors}`),
    )
  return name
}
