// A microcontroller that a published emulator emulates, its bus on guestmem: rp2040js, unpatched, against itself alone.

import { isDeepStrictEqual } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { printTable } from '../table.mjs'
import { Board } from './rp2040-board.mjs'

const INSTRUCTIONS = 2_000_000
const TURNS = 5

if (isMainThread) await main()
else time(workerData)

async function main() {
  const alone = Board.alone()
  const board = Board.onGuestmem()
  alone.run(INSTRUCTIONS)
  board.run(INSTRUCTIONS)
  const { view } = board.memory
  printTable(
    ['what the bus shows', 'from', 'to', 'kind'],
    view.ranges
      .filter(({ region }) => region.name !== 'nothing')
      .map(({ region, start, end }) => [region.name, hex(start), hex(end - 1), region.kind]),
  )
  // Each in a thread of its own, as it would be on its own: what one has the engine compile is no burden to the other.
  // In turns, and the best of each counts.
  const best = { alone: Number.POSITIVE_INFINITY, onGuestmem: Number.POSITIVE_INFINITY }
  for (let turn = 0; turn < TURNS; turn++)
    for (const kind of Object.keys(best)) best[kind] = Math.min(best[kind], await timeOf(kind))
  const times = (best.onGuestmem / best.alone).toFixed(2)
  console.log(`  ${INSTRUCTIONS.toLocaleString('en-US')} instructions, ${board.chip.core.cycles} cycles`)
  console.log(
    `  time: ${best.alone.toFixed(0)} ms alone, ${best.onGuestmem.toFixed(0)} ms on guestmem (${times} times)`,
  )
  const same = isDeepStrictEqual(board.state, alone.state)
  console.log(
    `  ${same ? 'the same' : 'WRONG: not the same'} registers, cycles, memory, pins and serial bytes as alone`,
  )
  // The program sends a byte in each of its rounds, which are of less than 2000 instructions.
  const ran = board.sent.length > INSTRUCTIONS / 2000
  if (!ran) console.log(`  WRONG: the serial port has sent ${board.sent.length} bytes`)
  if (!same || !ran) process.exitCode = 1
}

/** @param {'alone' | 'onGuestmem'} kind */
function timeOf(kind) {
  return new Promise((resolve, reject) => {
    new Worker(new URL(import.meta.url), { workerData: kind }).once('message', resolve).once('error', reject)
  })
}

/** @param {'alone' | 'onGuestmem'} kind */
function time(kind) {
  const board = Board[kind]()
  board.run(INSTRUCTIONS)
  const start = performance.now()
  board.run(INSTRUCTIONS)
  parentPort.postMessage(performance.now() - start)
}

/** @param {number} address */
function hex(address) {
  return `0x${address.toString(16).padStart(8, '0')}`
}
