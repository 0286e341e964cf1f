// What v86 boots, made of Debian's packages.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { caller } from './caller.mjs'
import { cpio } from './cpio.mjs'

/** In the order in which the kernel takes them: each needs those before it. */
const MODULES = [
  ...['virtio', 'virtio_ring', 'virtio_pci_legacy_dev', 'virtio_pci_modern_dev', 'virtio_pci', 'virtio_blk'],
  ...['uio', 'uio_pci_generic'],
  ...['nls_cp437', 'nls_ascii', 'fat', 'vfat'],
]
/**
 * Where the guest's kernel leaves RAM alone, so that its user space may have DMA go there: a hole in what it takes for its
 * RAM, which `/dev/mem` may reach.
 */
export const RESERVED = 0x600_0000
const RESERVED_BYTES = 0x1_0000
/** Serial console; what takes time and is of no use here is left out. */
const COMMAND_LINE = [
  'console=ttyS0',
  `memmap=${RESERVED_BYTES}$0x${RESERVED.toString(16)}`,
  ...['tsc=reliable', 'mitigations=off', 'random.trust_cpu=on', 'nokaslr', 'cryptomgr.notests', 'noisapnp'],
].join(' ')

/**
 * @param {string} folder Unpacked packages.
 * @returns {{ options: object, kernel: string, busybox: Uint8Array }} What `V86` is to be given, the kernel's file name, and
 *   the program that the guest's commands are.
 */
export function linuxImages(folder) {
  const paths = readdirSync(folder, { recursive: true })
  const find = name => {
    const path = paths.find(each => each === name || each.endsWith(`/${name}`))
    if (path === undefined) throw new Error(`${folder} has no ${name}; remove the folder to have it fetched again`)
    return path
  }
  const read = path => readFileSync(join(folder, path))
  const kernel = paths.find(path => path.startsWith('boot/vmlinuz-')) ?? find('boot/vmlinuz')
  const busybox = read(find('bin/busybox'))
  const initrd = cpio({
    ...Object.fromEntries(['bin', 'dev', 'mnt', 'modules', 'proc', 'run', 'sys'].map(name => [name, undefined])),
    'bin/busybox': busybox,
    'bin/call': caller(RESERVED),
    init: readFileSync(new URL('init.sh', import.meta.url)),
    'modules/order': Buffer.from(MODULES.join('\n')),
    ...Object.fromEntries(MODULES.map(name => [`modules/${name}.ko`, read(find(`${name}.ko`))])),
  })
  const options = {
    bios: image(read(find('bios.bin'))),
    vga_bios: image(read(find('vgabios-stdvga.bin'))),
    bzimage: image(read(kernel)),
    initrd: image(initrd),
    cmdline: COMMAND_LINE,
  }
  return { options, kernel: kernel.slice('boot/'.length), busybox }
}

/** v86 takes whole buffers. */
function image(bytes) {
  return { buffer: Uint8Array.from(bytes).buffer }
}
