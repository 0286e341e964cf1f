// OpenSBI and U-Boot on the machine, and what they bring up.

import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import * as rv from '../assembler.mjs'
import { BOOT_ROM, RAM, TIMEBASE } from '../layout.mjs'
import { Machine } from '../machine.mjs'
import { bootScript } from './boot-script.mjs'
import { deviceTree } from './device-tree.mjs'
import { fat16Disk } from './fat16.mjs'
import { INSTRUCTIONS, PAYLOAD, payload, RESULTS, TICKS } from './payload.mjs'

/** U-Boot loads scripts at 193 MiB. */
const RAM_BYTES = 256 * 2 ** 20
/** Where fw_jump.bin goes on, in supervisor mode. */
const NEXT = RAM + 0x20_0000
const DEVICE_TREE = BOOT_ROM + 0x100
/** After that long it has hung, however busy the host is. */
const LIMIT_MS = 300_000
const { X } = rv

/**
 * @param {object} options
 * @param {{ opensbi: Uint8Array, uBoot: Uint8Array }} options.firmware
 * @param {number} options.harts
 * @param {number} options.rounds Of the payload.
 * @param {'table' | 'compare'} [options.lookup] How the harts find RAM.
 * @param {(line: string) => void} options.onLine What the guest prints.
 */
export async function boot({ firmware, harts, rounds, lookup, onLine }) {
  const folder = mkdtempSync(join(tmpdir(), 'guestmem-smp-'))
  const path = join(folder, 'disk')
  const { image, sum } = bootDisk({ harts, rounds })
  writeFileSync(path, image)
  const disk = openSync(path, 'r+')
  try {
    let line = ''
    const onByte = byte => {
      if (byte === 10) {
        onLine(line)
        line = ''
      } else if (byte !== 13) line += String.fromCharCode(byte)
    }
    const machine = new Machine({ harts, ramBytes: RAM_BYTES, disk, onByte, lookup })
    machine.load(BOOT_ROM, resetVector())
    machine.load(DEVICE_TREE, deviceTree({ harts, ramBytes: RAM_BYTES }))
    machine.load(RAM, firmware.opensbi)
    machine.load(NEXT, firmware.uBoot)
    const began = performance.now()
    const limit = setTimeout(() => machine.turnOff(-1), LIMIT_MS)
    const { code, runs } = await machine.run().finally(() => clearTimeout(limit))
    const told = hart => {
      const seconds = Number(machine.load64(RESULTS + TICKS + 8 * hart)) / TIMEBASE
      return Number(machine.load64(RESULTS + INSTRUCTIONS + 8 * hart)) / seconds
    }
    return {
      code,
      sum,
      ms: performance.now() - began,
      kicks: machine.disk.kicks,
      runs,
      instructionsPerSecond: runs.map((_, hart) => told(hart)),
    }
  } finally {
    closeSync(disk)
    rmSync(folder, { recursive: true })
  }
}

/** What U-Boot finds: a script, and what the script starts, whose checksum it prints. */
function bootDisk(options) {
  const program = payload(options)
  const script = `
echo A script from the disk: it loads the program for all harts
load virtio 0:1 ${PAYLOAD.toString(16)} harts.bin
crc32 ${PAYLOAD.toString(16)} \${filesize}
go ${PAYLOAD.toString(16)}
poweroff
`
  const sum = crc32(program).toString(16).padStart(8, '0')
  return { image: fat16Disk({ 'boot.scr': bootScript(script), 'harts.bin': program }), sum }
}

/** a0: which hart; a1: the device tree. */
function resetVector() {
  const program = new rv.Program(BOOT_ROM)
  program
    .add(rv.csrrs(X.a0, 0xf14, 0))
    .li(X.a1, DEVICE_TREE)
    .li(X.t0, RAM)
    .add(rv.jalr(0, X.t0, 0))
  return new Uint8Array(program.words.buffer)
}
