import { Worker } from 'node:worker_threads'
import type { Board, BoardHandle } from 'guestmem/threads'

export interface Vcpu {
  readonly id: number
  readonly worker: Worker
  /** What its program gave; rejects where it threw. */
  readonly result: Promise<unknown>
}

/** Starts a vCPU of the tests. */
export function start(path: string, handle: BoardHandle, data: object): Vcpu {
  const worker = new Worker(path, { workerData: { handle, ...data } })
  const result = new Promise((resolve, reject) => {
    worker.once('message', ({ result, error }) => (error === undefined ? resolve(result) : reject(new Error(error))))
    worker.once('error', reject)
    worker.once('exit', () => reject(new Error('the vCPU ended')))
  })
  result.catch(() => {})
  return { id: handle.id, worker, result }
}

/** Starts one program on some vCPUs. */
export function startAll(
  path: string,
  board: Board,
  cpus: number,
  data: object,
): { readonly results: Promise<unknown[]>; end(): Promise<void> } {
  const vcpus = Array.from({ length: cpus }, () => start(path, board.handle(), { ...data, cpus }))
  return {
    results: Promise.all(vcpus.map(({ result }) => result)),
    async end() {
      await Promise.all(vcpus.map(({ worker }) => worker.terminate()))
      for (const { id } of vcpus) board.remove(id)
    },
  }
}

/** Runs one program on some vCPUs, and gives what each gave. The board listens in this thread meanwhile. */
export async function runAll(path: string, board: Board, cpus: number, data: object): Promise<unknown[]> {
  const { results, end } = startAll(path, board, cpus, data)
  const stop = board.listen()
  try {
    return await results
  } finally {
    await end()
    stop()
  }
}
