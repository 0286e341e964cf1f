import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

export interface Program {
  readonly path: string
  remove(): void
}

/** One thing that is wrong in a file of src/threads, or in what the vCPUs of the tests do. */
export interface Mutation {
  readonly file: string
  readonly from: string
  readonly to: string
}

function mutated({ file, from, to }: Mutation): Plugin {
  return {
    name: 'mutated',
    setup(one) {
      one.onLoad(
        { filter: new RegExp(`(?:src/threads|test/threads/support)/${file.replace('.', '\\.')}$`) },
        ({ path }) => {
          const text = readFileSync(path, 'utf8')
          if (text.split(from).length !== 2) throw new Error(`${file} must have this once: ${from}`)
          return { contents: text.replace(from, to), loader: 'ts' }
        },
      )
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
