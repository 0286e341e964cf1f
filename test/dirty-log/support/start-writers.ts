import { Worker } from 'node:worker_threads'
import { GuestRam, type RamBlock } from 'guestmem'
import { PAGE } from '../../support/board.ts'
import { bundle } from '../../support/bundle.ts'
import type { WriterTask } from './dirty-writer.ts'

export interface Writers {
  readonly block: RamBlock
  /** Word 0: 1 has them begin, 2 has them stop. Word 1: how many have stopped. Words 2 and 3: their rounds. */
  readonly control: Int32Array
  /** Nobody waits longer than a minute. */
  late(): boolean
  end(): Promise<void>
}

/** Two threads that are ready to store all the time. @param log They log their regions themselves; else another thread logs all. */
export async function startWriters(log: boolean): Promise<Writers> {
  const program = bundle(new URL('./dirty-writer.ts', import.meta.url))
  const ram = GuestRam.allocate(80 * PAGE)
  const block = ram.block('block', 70 * PAGE)
  const control = new Int32Array(new SharedArrayBuffer(16))
  const workers = [1, 2].map(seed => {
    const task: WriterTask = {
      handle: ram.handle,
      control: control.buffer as SharedArrayBuffer,
      seed,
      rounds: 1 + seed,
      log,
    }
    return new Worker(program.path, { workerData: task })
  })
  const end = async (): Promise<void> => {
    await Promise.all(workers.map(worker => worker.terminate()))
    program.remove()
  }
  try {
    const failed = new Promise<never>((_, reject) => {
      for (const worker of workers) worker.once('error', reject)
    })
    await Promise.race([
      failed,
      Promise.all(workers.map(worker => new Promise(ready => worker.once('message', ready)))),
    ])
  } catch (error) {
    await end()
    throw error
  }
  const deadline = performance.now() + 60_000
  return { block, control, late: () => performance.now() > deadline, end }
}
