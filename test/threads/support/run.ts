import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { buildSync } from 'esbuild'
import type { Board, BoardHandle } from 'guestmem/threads'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** A program for another thread, made of a file of this folder. vitest transforms nothing in a thread. */
export function bundle(file: string): { readonly path: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'guestmem-threads-'))
  const path = join(folder, 'program.mjs')
  buildSync({
    entryPoints: [here(file)],
    alias: {
      guestmem: here('../../../src/index.ts'),
      'guestmem/qemu': here('../../../src/qemu/qemu.ts'),
      'guestmem/threads': here('../../../src/threads/threads.ts'),
    },
    bundle: true,
    outfile: path,
    platform: 'node',
    format: 'esm',
  })
  return { path, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

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

/** Runs one program on some vCPUs, and gives what each gave. The board listens in this thread meanwhile. */
export async function runAll(path: string, board: Board, cpus: number, data: object): Promise<unknown[]> {
  const stop = board.listen()
  const vcpus = Array.from({ length: cpus }, () => start(path, board.handle(), { ...data, cpus }))
  try {
    return await Promise.all(vcpus.map(({ result }) => result))
  } finally {
    await Promise.all(vcpus.map(({ worker }) => worker.terminate()))
    for (const { id } of vcpus) board.remove(id)
    stop()
  }
}
