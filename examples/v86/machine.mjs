// v86 with cards of guestmem in it, and the firmware that drives them.

import { createRequire } from 'node:module'
import { V86 } from 'v86'
import { Edu } from '../devices/edu.mjs'
import { V86Bridge } from './bridge.mjs'
import { firmware } from './firmware.mjs'
import { VIRTIO_BLK_CONFIG, virtioBlkPci } from './virtio-blk-pci.mjs'

const WASM = createRequire(import.meta.url).resolve('v86/build/v86.wasm')
/** The guest takes a second or two. */
const LIMIT_MS = 100_000
export const EDU_CONFIG = { vendor: 0x1234, device: 0x11e8, classCode: 0x00_ff00, revision: 0x10 }

/**
 * @param {object} options What it runs, as `V86` takes it, if not the firmware.
 * @returns {Promise<{ emulator: V86, bridge: V86Bridge }>} A machine that doesn't run yet.
 */
export async function machine({ ramBytes = 32 * 2 ** 20, ...images } = {}) {
  const emulator = new V86({
    wasm_path: WASM,
    bios: { buffer: firmware().buffer },
    memory_size: ramBytes,
    vga_memory_size: 2 ** 20,
    autostart: false,
    disable_speaker: true,
    ...images,
  })
  await new Promise(resolve => emulator.add_listener('emulator-loaded', resolve))
  return { emulator, bridge: new V86Bridge(emulator) }
}

/** @param {V86Bridge} bridge */
export function plugEdu(bridge) {
  // The card takes its time: here, as little as it may.
  const schedule = work => setTimeout(work)
  return bridge.plug(EDU_CONFIG, (bus, lines) => new Edu(bus, { ...lines, schedule }).region)
}

/** @param {V86Bridge} bridge @param {number} file A file descriptor. */
export function plugDisk(bridge, file) {
  return bridge.plug(VIRTIO_BLK_CONFIG, (bus, lines) => virtioBlkPci(bus, lines, file))
}

/**
 * Runs the firmware to its end.
 *
 * @param {V86} emulator
 * @param {(name: string, value: number) => void} [onLine] Called with each line, from within the guest's access to the
 *   serial port that ends it.
 * @returns {Promise<Record<string, number>>} The numbers that it told.
 */
export async function run(emulator, onLine = () => {}) {
  const told = {}
  let line = ''
  await new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`the guest stopped after ${JSON.stringify(told)}`)), LIMIT_MS)
    emulator.add_listener('serial0-output-byte', byte => {
      line += String.fromCharCode(byte)
      if (!line.endsWith('\n')) return
      const [, name, value] = /^(.*) ([0-9a-f]{8})\n$/.exec(line) ?? [undefined, line, '']
      told[name] = Number.parseInt(value, 16)
      line = ''
      onLine(name, told[name])
      if (name !== 'done') return
      clearTimeout(late)
      resolve()
    })
    emulator.run()
  })
  await emulator.stop()
  return told
}
