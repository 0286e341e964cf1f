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
const ROUNDS = 500

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
  const rows = []
  const wrong = []
  for (const harts of MACHINES) {
    say(`${harts} harts`)
    const lines = []
    const onLine = line => {
      lines.push(line)
      // One of the machines tells all.
      if (harts === MACHINES.at(-1)) say(`  ${line}`)
    }
    const told = await boot({ firmware: images, harts, rounds: ROUNDS, onLine })
    const has = text => lines.some(line => line.includes(text))
    for (const text of [
      `Platform HART Count       : ${harts}`,
      'A script from the disk',
      `==> ${told.sum}`,
      `${harts} harts have run`,
    ])
      if (!has(text)) wrong.push(`${harts} harts: "${text}" was not printed`)
    if (told.code !== 0) wrong.push(`${harts} harts: the machine ended with ${told.code}`)
    rows.push({ harts, ...told })
  }
  const compared = await boot({ firmware: images, harts: 1, rounds: ROUNDS, lookup: 'compare', onLine: () => {} })
  print(rows, compared)
  console.log(wrong.length === 0 ? '\nAll of it is as it should be.' : `\nwrong: ${wrong.join('; ')}`)
  process.exitCode = wrong.length === 0 ? 0 : 1
}

function millions(value) {
  return (value / 1e6).toFixed(1)
}

function print(rows, compared) {
  console.log('\nharts   from reset to off   instructions of all   a second and hart, in the loop over memory')
  for (const { harts, ms, runs, instructionsPerSecond } of rows) {
    const all = runs.reduce((sum, { instructions }) => sum + instructions, 0)
    const speeds = instructionsPerSecond.map(millions).join(', ')
    const columns = [`${(ms / 1000).toFixed(1)} s`.padStart(17), `${millions(all)} M`.padStart(19)]
    console.log(`  ${harts}   ${columns.join('   ')}    ${speeds} M`)
  }
  const [{ runs, instructionsPerSecond, kicks }] = rows
  const [{ ms, haltedMs, calledMs, calls }] = runs
  const busy = ms - haltedMs
  const part = 1 - instructionsPerSecond[0] / compared.instructionsPerSecond[0]
  console.log(`
What part the memory core takes, of one hart:
  in the loop, of which a third are loads and stores, against a hart that has one comparison with the bounds of its
  RAM in place of the page table: ${(100 * part).toFixed(0)} %
  from reset to off: ${calls} accesses to devices, with the devices and the way to their thread ${((calledMs * 1000) / calls).toFixed(1)} us each:
  ${((100 * calledMs) / busy).toFixed(0)} % of the time; ${kicks} rings of the disk's doorbell`)
}
