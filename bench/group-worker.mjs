import { parentPort, workerData } from 'node:worker_threads'
import { GROUPS, pairsOf } from './groups.mjs'
import { measure } from './harness.mjs'

const { group, smoke, only } = workerData
const thorough = { rounds: 31, sampleNs: 3e5, warmNs: 3e7, ...GROUPS[group].effort }
const effort = smoke ? { rounds: 3, sampleNs: 5e4, warmNs: 1e5 } : thorough
for await (const pair of pairsOf(group, smoke))
  if (`${pair.case}, ${pair.rival}`.includes(only)) parentPort?.postMessage(await measure(pair, effort))
