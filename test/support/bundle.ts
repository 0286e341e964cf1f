import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

/** A program for another thread, made of a TypeScript file; it sees the library as its users do. */
export function bundle(file: URL): { readonly path: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'guestmem-thread-'))
  const path = join(folder, 'program.mjs')
  buildSync({
    entryPoints: [fileURLToPath(file)],
    alias: {
      guestmem: fileURLToPath(new URL('../../src/index.ts', import.meta.url)),
      'guestmem/trace': fileURLToPath(new URL('../../src/trace/trace.ts', import.meta.url)),
    },
    bundle: true,
    outfile: path,
    platform: 'node',
    format: 'esm',
  })
  return { path, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
