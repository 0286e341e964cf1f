import process from 'node:process'
import { faultsOf, INVARIANTS } from './invariants.ts'

// The litmus tests for as long as one says, in any engine that has worker threads: `soak.mjs <vcpu.mjs> <minutes>`.

const [path = '', minutes = '1'] = process.argv.slice(2)
const end = Date.now() + 60_000 * Number(minutes)
const rounds = new Map<string, number>()
const faults: string[] = []
while (Date.now() < end && faults.length === 0)
  for (const invariant of INVARIANTS) {
    const name = `${invariant.what} (${invariant.cpus})`
    // A few of each in turn, so that a short time has them all.
    const count = Math.ceil(invariant.rounds / 10)
    const found = await faultsOf(invariant, path, count)
    rounds.set(name, (rounds.get(name) ?? 0) + count)
    faults.push(...found.map(fault => `${name}: ${fault}`))
    if (faults.length > 0 || Date.now() > end) break
  }
// One line that the runner picks out of whatever an engine prints by itself.
console.log(`SOAK ${JSON.stringify({ faults, rounds: Object.fromEntries(rounds) })}`)
process.exit(faults.length > 0 ? 1 : 0)
