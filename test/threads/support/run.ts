import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { build, type Plugin } from 'esbuild'
import type { Board, BoardHandle } from 'guestmem/threads'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

export interface Program {
  readonly path: string
  remove(): void
}

/** One thing that is wrong in a file of src/threads. */
export interface Mutation {
  readonly file: string
  readonly from: string
  readonly to: string
}

function mutated({ file, from, to }: Mutation): Plugin {
  return {
    name: 'mutated',
    setup(one) {
      one.onLoad({ filter: new RegExp(`src/threads/${file.replace('.', '\\.')}$`) }, ({ path }) => {
        const text = readFileSync(path, 'utf8')
        if (text.split(from).length !== 2) throw new Error(`${file} must have this once: ${from}`)
        return { contents: text.replace(from, to), loader: 'ts' }
      })
    },
  }
}

/** A program for another thread, made of a file of this folder. vitest transforms nothing in a thread. */
export async function bundle(file: string, mutation?: Mutation): Promise<Program> {
  const folder = mkdtempSync(join(tmpdir(), 'guestmem-threads-'))
  const path = join(folder, 'program.mjs')
  await build({
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
    plugins: mutation === undefined ? [] : [mutated(mutation)],
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

/**
 * Runs one program on some vCPUs, and gives what each gave. The board listens in this thread meanwhile.
 *
 * @param late It begins to do so after as many milliseconds.
 */
export async function runAll(path: string, board: Board, cpus: number, data: object, late = 0): Promise<unknown[]> {
  const vcpus = Array.from({ length: cpus }, () => start(path, board.handle(), { ...data, cpus }))
  if (late > 0) await new Promise(resolve => setTimeout(resolve, late))
  const stop = board.listen()
  try {
    return await Promise.all(vcpus.map(({ result }) => result))
  } finally {
    await Promise.all(vcpus.map(({ worker }) => worker.terminate()))
    for (const { id } of vcpus) board.remove(id)
    stop()
  }
}
