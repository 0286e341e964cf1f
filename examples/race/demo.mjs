import { printTable } from '../table.mjs'
import { runRace } from './run.mjs'

const FEW = 10_000

/** @returns {Promise<boolean>} All copies were raced, and none of guestmem's was caught. */
export async function raceDemo() {
  console.log(`2. A device and a guest race, in two threads

  A device writes a 20-byte receive descriptor into guest RAM; the guest sees the status byte and hands the descriptor
  back by clearing it. A copy that stores a byte twice can undo that: the guest finds the packet again, and takes it
  twice. memmove does so, with two overlapping stores of 16 bytes (QEMU had this bug with e1000).
`)
  const once = await race('descriptor', ['packets', 'taken twice'], 'guestmem ramCopy')

  console.log(`  A device changes an aligned 4-byte word between 0x00000000 and 0xffffffff; the guest reads it. A copy that
  stores it byte by byte lets the guest see a value that was never written.
`)
  const whole = await race('word', ['changes seen', 'never written'], 'guestmem memory.store32')
  return once && whole
}

/**
 * @param {'descriptor' | 'word'} name
 * @param {string[]} columns
 * @param {string} ours
 * @returns {Promise<boolean>}
 */
async function race(name, columns, ours) {
  const rows = []
  let wrong = 0
  for (const copy of ['Uint8Array.set', 'wasm memory.copy', ours, 'guestmem memory.write']) {
    const { meetings, caught } = await runRace(name, copy)
    const own = copy.startsWith('guestmem')
    const remark = verdict(own, meetings, caught)
    if (remark.startsWith('WRONG')) wrong++
    rows.push([copy, meetings, caught, remark])
  }
  printTable(['the device copies with', ...columns, ''], rows)
  return wrong === 0
}

/**
 * @param {boolean} own
 * @param {number} meetings
 * @param {number} caught
 */
function verdict(own, meetings, caught) {
  if (caught > 0) return own ? 'WRONG' : 'caught'
  // A race in which nobody ran proves nothing.
  if (meetings === 0) return 'WRONG: never ran'
  if (!own) return 'not seen in this run'
  // On a busy machine the threads take turns, and then even a bad copy would pass.
  return meetings < FEW ? 'none, but they hardly met' : 'none, as promised'
}
