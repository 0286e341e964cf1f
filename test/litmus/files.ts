import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type BuildOptions, build } from 'esbuild'
import { packedWorker } from '../../src/litmus/pack-worker.mjs'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export interface Files {
  readonly folder: string
  readonly worker: URL
  readonly command: string
  /** Bundles a program that imports `guestmem/litmus` into one file of a folder of its own, and gives the file's path. */
  bundle(name: string, contents: string, options: BuildOptions): Promise<string>
  remove(): void
}

/** The command and its worker as files beside each other, as in the package: vitest transforms nothing in a thread. */
export async function buildFiles(): Promise<Files> {
  const folder = mkdtempSync(join(tmpdir(), 'guestmem-litmus-'))
  const dist = join(folder, 'dist')
  const common: BuildOptions = {
    alias: { guestmem: here('../../src/index.ts'), 'guestmem/litmus': here('../../src/litmus/litmus.ts') },
    bundle: true,
    platform: 'node',
    logLevel: 'error',
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module", "version": "1.2.3-test" }')
  await build({
    ...common,
    entryPoints: { 'litmus-worker': here('../../src/litmus/worker.ts'), cli: here('../../src/cli/main.ts') },
    outdir: dist,
    format: 'esm',
  })
  return {
    folder,
    worker: pathToFileURL(join(dist, 'litmus-worker.js')),
    command: join(dist, 'cli.js'),
    async bundle(name, contents, options) {
      const own = join(folder, name)
      mkdirSync(own)
      const outfile = join(own, options.format === 'cjs' ? 'app.cjs' : 'app.mjs')
      const stdin = { contents, resolveDir: folder, loader: 'ts' } as const
      await build({ ...common, stdin, outfile, plugins: [packedWorker], ...options })
      return outfile
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
