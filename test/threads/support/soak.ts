import process from 'node:process'
import { soak } from './soak-rounds.ts'

// In any engine that has worker threads: `soak.mjs <vcpu.mjs> <minutes>`.

const [path = '', minutes = '1'] = process.argv.slice(2)
const soaked = await soak(path, Number(minutes))
// One line that the runner picks out of whatever an engine prints by itself.
console.log(`SOAK ${JSON.stringify(soaked)}`)
process.exit(soaked.faults.length > 0 ? 1 : 0)
