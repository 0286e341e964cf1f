// The suite inside Node, Bun or Deno: `engine.mjs <address of the module under test>`.
import process from 'node:process'
import { Worker } from 'node:worker_threads'
import { aboutHost, smoke } from '../smoke.mjs'
import { doorOf, load } from './load.mjs'

const module = process.argv[2]

function start(message) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./engine-thread.mjs', import.meta.url))
    worker.once('message', reply => {
      resolve(reply)
      worker.terminate()
    })
    worker.once('error', reject)
    worker.postMessage(message)
  })
}

const guestmem = await load(module)
const door = doorOf(module)
const result = await smoke(guestmem, {
  spawn: handle => start({ module, handle }),
  door: await load(door),
  snapshot: await load(doorOf(module, 'snapshot')),
  member: handle => start({ module, door, handle }),
})
// One line that the runner picks out of whatever an engine prints by itself.
console.log(`SMOKE ${JSON.stringify({ ...result, ...aboutHost(guestmem) })}`)
// Engines differ in how soon a terminated worker lets the process go.
process.exit(0)
