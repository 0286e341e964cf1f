// Debian's Linux on v86, with two PCI cards that are guestmem's: edu, driven from its user space, and a disk, driven by its
// own virtio_blk. The kernel comes from Debian's packages, which are fetched by apt-get and kept in .cache.
//
// Ends with 1 if anything is not as it is due, with 2 if there are no packages.

import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Edu } from '../devices/edu.mjs'
import { DeviceTime } from './linux/device-time.mjs'
import { compareSums, driveDisk, firstContents } from './linux/disk.mjs'
import { driveEdu } from './linux/edu.mjs'
import { linuxImages } from './linux/images.mjs'
import { plugMaskable } from './linux/intx.mjs'
import { NoPackages, unpackedPackages } from './linux/packages.mjs'
import { Shell } from './linux/shell.mjs'
import { EDU_CONFIG, machine } from './machine.mjs'
import { VIRTIO_BLK_CONFIG, virtioBlkPci } from './virtio-blk-pci.mjs'

const CACHE = fileURLToPath(new URL('../../.cache/v86-linux', import.meta.url))
const RAM_BYTES = 128 * 2 ** 20
/** Of guestmem's time to v86's own. */
const LIMIT = 1.3

const began = performance.now()
const say = what => console.error(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${what}`)
const wrong = []
const show = value => (typeof value === 'number' && value > 0xffff ? `0x${value.toString(16)}` : value)
const check = (name, seen, due) => {
  if (seen !== due) wrong.push(name)
  say(`  ${name}: ${show(seen)}${seen === due ? '' : `, WRONG: ${show(due)} is due`}`)
}

try {
  await run(linuxImages(unpackedPackages(CACHE, say)))
  console.log(wrong.length === 0 ? '\nAll of it is as it should be.' : `\nwrong: ${wrong.join(', ')}`)
  process.exitCode = wrong.length === 0 ? 0 : 1
} catch (error) {
  if (!(error instanceof NoPackages)) throw error
  console.error(`not run: ${error.message}`)
  process.exitCode = 2
}

async function run({ options, kernel, busybox }) {
  const folder = mkdtempSync(join(tmpdir(), 'guestmem-v86-linux-'))
  const path = join(folder, 'disk.img')
  writeFileSync(path, firstContents())
  const file = openSync(path, 'r+')
  const { emulator, bridge } = await machine({ ramBytes: RAM_BYTES, ...options })
  try {
    const { cpu } = emulator.v86
    const time = new DeviceTime(bridge)
    const schedule = work => setTimeout(work)
    plugMaskable(bridge, EDU_CONFIG, (bus, lines) => new Edu(bus, { ...lines, schedule }).region)
    bridge.plug(VIRTIO_BLK_CONFIG, (bus, lines) => virtioBlkPci(bus, lines, file, time.Disk))
    const growths = countGrowths(cpu)

    say(`${kernel} boots in ${RAM_BYTES / 2 ** 20} MiB`)
    const progress = watch(say)
    const shell = new Shell(emulator, progress.onLine)
    emulator.run()
    await shell.ready().finally(progress.stop)
    say(await shell.run('uname -a'))

    say('edu, from user space')
    await driveEdu(shell, (address, bytes) => cpu.read_blob(address, bytes), busybox, check)
    say('the disk, by virtio_blk')
    await driveDisk(shell, path, busybox, check)
    say("the disk's time, with guestmem and with v86's own copies in turns")
    const rows = [...(await time.ofRequests(shell)), ...(await time.ofCopies(shell))]
    await compareSums(shell, path, 'after that', check)
    const growth = growths()
    check("v86's memory has grown meanwhile", growth.times > 0, true)
    console.log(`
v86's memory grew from ${growth.before} to ${growth.after} bytes; its buffer was another one ${growth.times} times at least.

us per MiB, medians                  guestmem     v86's own        ratio`)
    for (const { name, ours, own, ratio } of rows) {
      const columns = [ours.toFixed(1), own.toFixed(1), ratio.toFixed(2)]
      console.log(`  ${name.padEnd(30)} ${columns.map(text => text.padStart(12)).join(' ')}`)
      if (!(ratio <= LIMIT)) wrong.push(`${name}: more than ${LIMIT} times`)
    }
  } finally {
    await emulator.destroy()
    closeSync(file)
    rmSync(folder, { recursive: true })
  }
}

/** v86 lets its memory grow by itself, which detaches the buffer each time. */
function countGrowths({ wasm_memory: memory }) {
  let buffer = memory.buffer
  const before = buffer.byteLength
  let times = 0
  const look = () => {
    if (memory.buffer !== buffer) times++
    buffer = memory.buffer
  }
  const timer = setInterval(look, 5)
  return () => {
    clearInterval(timer)
    look()
    return { before, after: buffer.byteLength, times }
  }
}

/** That something goes on: the latest line, every few seconds. */
function watch(tell) {
  let latest = '...'
  const timer = setInterval(() => tell(`  ${latest}`), 3000)
  const onLine = line => {
    latest = line
  }
  return { onLine, stop: () => clearInterval(timer) }
}
