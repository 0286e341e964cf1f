import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BuildOptions, build } from 'esbuild'
import { packedWorker } from '../../../src/litmus/pack-worker.mjs'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export const COMMON: BuildOptions = {
  alias: { guestmem: here('../../../src/index.ts'), 'guestmem/trace': here('../../../src/trace/trace.ts') },
  bundle: true,
  logLevel: 'error',
}

/** Builds the page into a folder, as the package has it. */
export async function buildPage(folder: string): Promise<void> {
  mkdirSync(folder)
  for (const file of ['index.html', 'style.css']) copyFileSync(here(`../../../src/page/${file}`), join(folder, file))
  await build({
    ...COMMON,
    entryPoints: [here('../../../src/page/page.ts')],
    outfile: join(folder, 'page.js'),
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    plugins: [packedWorker],
    define: { 'import.meta.url': '""' },
  })
}
