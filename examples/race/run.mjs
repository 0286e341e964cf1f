import { Worker } from 'node:worker_threads'
import { Board } from './board.mjs'

/**
 * Runs a device and a guest, each in a thread of its own.
 *
 * @param {'descriptor' | 'word'} race
 * @param {string} copy How the device copies.
 * @param {(workerData: object) => Worker} start
 * @returns {Promise<{ meetings: number, caught: number }>}
 */
export async function runRace(race, copy, start = startThread) {
  const { handle } = Board.allocate()
  const threads = ['device', 'guest'].map(role => start({ race, role, copy, handle }))
  try {
    const [, seen] = await Promise.all(threads.map(answerOf))
    return seen
  } finally {
    // When one has died, the other would wait for it for ever.
    for (const thread of threads) await thread.terminate()
  }
}

/** @param {object} workerData */
function startThread(workerData) {
  return new Worker(new URL('./thread.mjs', import.meta.url), { workerData })
}

/** @param {Worker} thread */
function answerOf(thread) {
  return new Promise((resolve, reject) => {
    thread.once('message', resolve)
    thread.once('error', reject)
    thread.once('exit', code => reject(new Error(`a thread ended without an answer, exit code ${code}`)))
  })
}
