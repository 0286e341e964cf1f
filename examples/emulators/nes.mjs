// A console that a published emulator emulates, its bus on guestmem: jsnes, unpatched, against itself alone.

import { isDeepStrictEqual } from 'node:util'
import { printTable } from '../table.mjs'
import { bestOf } from './best-of.mjs'
import { Console } from './nes-console.mjs'
import { makeRom } from './nes-rom.mjs'

const FRAMES = 60
const UXROM = 2

const rom = makeRom(UXROM, 8)
const [aloneMs, guestMs] = await bestOf(import.meta.url, ['alone', 'onGuestmem'], 3, kind => {
  const console = Console[kind](rom)
  return () => console.run(FRAMES)
})
const alone = Console.alone(rom)
const guest = Console.onGuestmem(rom)
alone.run(FRAMES)
guest.run(FRAMES)

printTable(
  ['what the bus shows', 'from', 'to', 'kind'],
  guest.memory.view.ranges.map(({ region, start, end }) => [region.name, hex(start), hex(end - 1), region.kind]),
)
const times = (guestMs / aloneMs).toFixed(2)
console.log(`  ${FRAMES} frames: ${aloneMs.toFixed(0)} ms alone, ${guestMs.toFixed(0)} ms on guestmem (${times} times)`)
const same = isDeepStrictEqual(guest.state, alone.state)
console.log(`  ${same ? 'the same' : 'WRONG: not the same'} pictures, sound, registers, RAM and banks as alone`)
// The program begins to draw in the third frame, and then no two are the same.
const different = new Set(guest.pictures).size
if (different < FRAMES - 3) console.log(`  WRONG: no more than ${different} different pictures`)
if (!same || different < FRAMES - 3) process.exitCode = 1

/** @param {number} address */
function hex(address) {
  return `0x${address.toString(16).padStart(4, '0')}`
}
