import { parentPort } from 'node:worker_threads'
import { machine } from './machine.ts'

// An owner in a worker of its own, which blocks: it serves until the machine is turned off, or for ever.

const { board, seen } = machine()
parentPort?.postMessage([board.handle(), board.handle()])
let isDone = false
setImmediate(() => {
  // The machine is turned off by a vCPU's store; the second one of the two has then to be told, and to end.
  const end = performance.now() + 20_000
  board.serve(() => {
    isDone = seen.sum >= 200 || performance.now() > end
    return isDone
  })
  board.close()
  parentPort?.postMessage({ sum: seen.sum, isDone })
})
