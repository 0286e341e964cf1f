import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RAM } from '../layout.mjs'
import { Machine } from '../machine.mjs'
import { COUNT, DATA, SECTOR_BYTES, TURNS } from './data.mjs'
import { twoHarts } from './program.mjs'

/**
 * Runs the program, and says what it came to.
 *
 * @param {object} options
 * @param {number} [options.harts] 2 to 4.
 * @param {number} [options.rounds]
 * @param {number} [options.turns]
 * @param {number} [options.sectors]
 * @param {(workerData: object) => import('node:worker_threads').Worker} [options.start] Starts a hart's thread.
 */
export async function runProgram({ harts = 2, rounds = 20_000, turns = 500, sectors = 100, start } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'guestmem-smp-'))
  const path = join(folder, 'disk')
  const words = new BigUint64Array((2 * sectors * SECTOR_BYTES) / 8)
  for (let index = 0; index < words.length / 2; index++) words[index] = BigInt(index) * 0x9e37_79b9_7f4an
  writeFileSync(path, words)
  const disk = openSync(path, 'r+')
  try {
    let printed = ''
    const onByte = byte => {
      printed += String.fromCharCode(byte)
    }
    const machine = new Machine({ harts, ramBytes: 2 ** 20, disk, onByte, start })
    machine.load(RAM, twoHarts({ harts, rounds, turns, sectors }))
    const { code, runs } = await machine.run(RAM)
    const word = offset => machine.load64(DATA + offset)
    return {
      code,
      printed,
      counts: { swap: word(COUNT.swap), reserved: word(COUNT.reserved), added: word(COUNT.added) },
      turns: Array.from({ length: harts }, (_, hart) => word(TURNS + 8 * hart)),
      sum: word(COUNT.sum),
      wrongSectors: wrongSectors(words, new BigUint64Array(Uint8Array.from(readFileSync(path)).buffer)),
      runs,
    }
  } finally {
    closeSync(disk)
    rmSync(folder, { recursive: true })
  }
}

/** Sectors that are not as they are due: the first half as it was, the second the same with its first words one more. */
function wrongSectors(before, after) {
  const perSector = SECTOR_BYTES / 8
  const half = before.length / 2
  const wrong = new Set()
  for (let index = 0; index < half; index++) {
    const due = BigInt.asUintN(64, before[index] + (index % perSector === 0 ? 1n : 0n))
    if (after[index] !== before[index]) wrong.add(index / perSector)
    if (after[half + index] !== due) wrong.add((half + index) / perSector)
  }
  return [...wrong].map(Math.floor)
}
