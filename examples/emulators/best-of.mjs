import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

const RUNS = 8

/**
 * What something takes, for each of its kinds. Each runs in a thread of its own, as it would be on its own: what one has the
 * engine compile is no burden to the other. In turns, each time as often as it takes to be compiled, and the best counts.
 *
 * @param {string} url Of the module that calls this, first thing: it is run in the threads, too.
 * @param {string[]} kinds
 * @param {number} turns
 * @param {(kind: string) => () => void} prepare
 * @returns {Promise<number[]>} Milliseconds. In the threads it never ends.
 */
export async function bestOf(url, kinds, turns, prepare) {
  if (!isMainThread) {
    const body = prepare(workerData)
    let best = Number.POSITIVE_INFINITY
    for (let run = 0; run < RUNS; run++) {
      const start = performance.now()
      body()
      best = Math.min(best, performance.now() - start)
    }
    parentPort.postMessage(best)
    return new Promise(() => {})
  }
  const best = kinds.map(() => Number.POSITIVE_INFINITY)
  for (let turn = 0; turn < turns; turn++)
    for (const [index, kind] of kinds.entries()) best[index] = Math.min(best[index], await timeOf(url, kind))
  return best
}

/** @param {string} url @param {string} kind @returns {Promise<number>} */
function timeOf(url, kind) {
  return new Promise((resolve, reject) => {
    new Worker(new URL(url), { workerData: kind }).once('message', resolve).once('error', reject)
  })
}
