import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { buildSync } from 'esbuild'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** The command and its worker as files beside each other, as in the package: vitest transforms nothing in a thread. */
export function buildFiles(): { readonly worker: URL; readonly command: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'guestmem-litmus-'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  buildSync({
    entryPoints: { 'litmus-worker': here('../../src/litmus/worker.ts'), cli: here('../../src/cli/main.ts') },
    alias: { guestmem: here('../../src/index.ts') },
    bundle: true,
    outdir: folder,
    platform: 'node',
    format: 'esm',
  })
  return {
    worker: pathToFileURL(join(folder, 'litmus-worker.js')),
    command: join(folder, 'cli.js'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
