// OpenSBI brings up the harts, U-Boot reads a disk and runs a script from it, and what that starts runs on all harts: on
// machines of one to four. The firmware is Debian's, which is fetched by apt-get and kept in .cache.
//
// Ends with 1 if anything is not as it is due, with 2 if there are no packages.

import { fileURLToPath } from 'node:url'
import { NoPackages } from '../debian-packages.mjs'
import { boot } from './firmware/boot.mjs'
import { firmware } from './firmware/packages.mjs'

const CACHE = fileURLToPath(new URL('../../.cache/smp', import.meta.url))
const MACHINES = [1, 2, 3, 4]
const ROUNDS = 2000
/** Pairs of runs that are compared. */
const TURNS = 5

const began = performance.now()
const say = what => console.error(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${what}`)

try {
  await run(firmware(CACHE, say))
} catch (error) {
  if (!(error instanceof NoPackages)) throw error
  console.error(`not run: ${error.message}`)
  process.exitCode = 2
}

async function run(images) {
  const wrong = []
  const rows = []
  for (const harts of MACHINES) {
    say(`${harts} harts`)
    // One of the machines tells all.
    rows.push(await bootOne(images, harts, 'table', wrong, harts === MACHINES.at(-1) ? say : () => {}))
  }
  say('one hart with and without the page table, in turns')
  const ratios = []
  for (let turn = 0; turn < TURNS; turn++) {
    const [table, compare] = [await speed('table'), await speed('compare')]
    ratios.push(compare / table)
  }
  print(rows, ratios)
  console.log(wrong.length === 0 ? '\nAll of it is as it should be.' : `\nwrong: ${wrong.join('; ')}`)
  process.exitCode = wrong.length === 0 ? 0 : 1

  async function speed(lookup) {
    const { instructionsPerSecond } = await bootOne(images, 1, lookup, wrong, () => {})
    return instructionsPerSecond[0]
  }
}

/** @param {string[]} wrong What is not as it is due. */
async function bootOne(images, harts, lookup, wrong, tell) {
  const lines = []
  const onLine = line => {
    lines.push(line)
    tell(`  ${line}`)
  }
  const told = await boot({ firmware: images, harts, rounds: ROUNDS, lookup, onLine })
  const due = [
    `Platform HART Count       : ${harts}`,
    'A script from the disk',
    // The checksum of what was loaded from it.
    `==> ${told.sum}`,
    `${harts} harts have run`,
  ]
  for (const text of due)
    if (!lines.some(line => line.includes(text))) wrong.push(`${harts} harts: "${text}" was not printed`)
  if (told.code !== 0) wrong.push(`${harts} harts: the machine ended with ${told.code}`)
  return { harts, ...told }
}

function millions(value) {
  return (value / 1e6).toFixed(1)
}

function print(rows, ratios) {
  console.log('\nharts   from reset to off   instructions of all   a second and hart, in the loop over memory')
  for (const { harts, ms, runs, instructionsPerSecond } of rows) {
    const all = runs.reduce((sum, { instructions }) => sum + instructions, 0)
    const columns = [`${(ms / 1000).toFixed(1)} s`.padStart(17), `${millions(all)} M`.padStart(19)]
    console.log(`  ${harts}   ${columns.join('   ')}    ${instructionsPerSecond.map(millions).join(', ')} M`)
  }
  const [one] = rows
  const [{ ms, haltedMs, calledMs, calls }] = one.runs
  const ratio = ratios.sort((a, b) => a - b)[ratios.length >> 1]
  const inCalls = (100 * calledMs) / (ms - haltedMs)
  console.log(`
What part the memory core takes, of one hart:
  the loop, of which a third are loads and stores, is ${ratio.toFixed(2)} times as fast where one comparison with the bounds
  of the RAM is in the page table's place (median of ${ratios.length} pairs)
  from reset to off it makes ${calls} accesses that are calls, of ${((calledMs * 1000) / calls).toFixed(1)} us each, with the way to the
  devices' thread and what they do there: ${inCalls.toFixed(0)} % of the time; ${one.kicks} rings of the disk's doorbell`)
}
