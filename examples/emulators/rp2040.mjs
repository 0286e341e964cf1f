// A microcontroller that a published emulator emulates, its bus on guestmem: rp2040js, unpatched, against itself alone.

import { isDeepStrictEqual } from 'node:util'
import { printTable } from '../table.mjs'
import { bestOf } from './best-of.mjs'
import { Board } from './rp2040-board.mjs'

const INSTRUCTIONS = 2_000_000

const [aloneMs, guestMs] = await bestOf(import.meta.url, ['alone', 'onGuestmem'], 3, kind => {
  const board = Board[kind]()
  return () => board.run(INSTRUCTIONS)
})
const alone = Board.alone()
const board = Board.onGuestmem()
alone.run(INSTRUCTIONS)
board.run(INSTRUCTIONS)

printTable(
  ['what the bus shows', 'from', 'to', 'kind'],
  board.memory.view.ranges
    .filter(({ region }) => region.name !== 'nothing')
    .map(({ region, start, end }) => [region.name, hex(start), hex(end - 1), region.kind]),
)
console.log(`  ${INSTRUCTIONS.toLocaleString('en-US')} instructions, ${board.chip.core.cycles} cycles`)
const times = (guestMs / aloneMs).toFixed(2)
console.log(`  time: ${aloneMs.toFixed(0)} ms alone, ${guestMs.toFixed(0)} ms on guestmem (${times} times)`)
const same = isDeepStrictEqual(board.state, alone.state)
console.log(`  ${same ? 'the same' : 'WRONG: not the same'} registers, cycles, memory, pins and serial bytes as alone`)
// The program sends a byte in each of its rounds, which are of less than 2000 instructions.
const ran = board.sent.length > INSTRUCTIONS / 2000
if (!ran) console.log(`  WRONG: the serial port has sent no more than ${board.sent.length} bytes`)
if (!same || !ran) process.exitCode = 1

/** @param {number} address */
function hex(address) {
  return `0x${address.toString(16).padStart(8, '0')}`
}
