import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

/** A program for another thread, made of a file of this folder; it sees the library as its users do. */
export function bundle(file: string): { readonly path: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'guestmem-dirty-'))
  const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
  const path = join(folder, 'program.mjs')
  buildSync({
    entryPoints: [here(file)],
    alias: { guestmem: here('../../../src/index.ts') },
    bundle: true,
    outfile: path,
    platform: 'node',
    format: 'esm',
  })
  return { path, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
