// The disk, driven by Linux's own virtio-pci and virtio_blk.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

export const DISK_BYTES = 16 * 2 ** 20
/** So that the guest asks the disk again. */
export const DROP_CACHES = 'sync; echo 3 > /proc/sys/vm/drop_caches'
const WRITTEN_AT = 2 ** 20

/** What is on the disk at first: no sector like another. */
export function firstContents() {
  const words = new Uint32Array(DISK_BYTES / 4)
  for (let state = 1, index = 0; index < words.length; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    words[index] = state
  }
  return Buffer.from(words.buffer)
}

/**
 * @param {import('./shell.mjs').Shell} shell
 * @param {string} path The file that is the disk.
 * @param {Uint8Array} busybox What the guest writes to it.
 * @param {(name: string, seen: unknown, due: unknown) => void} check
 */
export async function driveDisk(shell, path, busybox, check) {
  const due = firstContents()
  const compare = when => compareSums(shell, path, when, check)
  check('sectors', Number(await shell.run('cat /sys/block/vda/size')), DISK_BYTES / 512)
  await compare('at first')
  check('md5 of the file: as it was made', md5(readFileSync(path)), md5(due))

  await shell.run(`dd if=/bin/busybox of=/dev/vda bs=64k seek=${WRITTEN_AT / 2 ** 16} conv=notrunc,fsync 2>/dev/null`)
  due.set(busybox, WRITTEN_AT)
  await compare('when the guest has written')
  check('md5 of the file: with what the guest was to write', md5(readFileSync(path)), md5(due))

  // A program whose code comes from the disk: v86 must not run what it translated of these pages before.
  await shell.run('mkdosfs /dev/vda && mount -t vfat /dev/vda /mnt && cp /bin/busybox /mnt && umount /mnt')
  await shell.run(DROP_CACHES)
  await shell.run('mount -t vfat /dev/vda /mnt')
  const sum = await shell.run('/mnt/busybox md5sum < /mnt/busybox')
  check('md5 of a program on a file system, by itself', sum.split(' ')[0], md5(busybox))
  await shell.run('umount /mnt')
  await compare('with a file system')
}

/** What the guest reads from the disk is what is in the file. */
export async function compareSums(shell, path, when, check) {
  await shell.run(DROP_CACHES)
  check(`md5 of the disk ${when}: the guest's and the file's`, await sumOf(shell, '/dev/vda'), md5(readFileSync(path)))
}

async function sumOf(shell, path) {
  return (await shell.run(`md5sum < ${path}`)).split(' ')[0]
}

function md5(bytes) {
  return createHash('md5').update(bytes).digest('hex')
}
