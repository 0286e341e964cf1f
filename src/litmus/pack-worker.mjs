// Puts the program of a litmus thread into packed-worker.ts while a bundle is built, for tsup and for tests.
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const here = name => fileURLToPath(new URL(name, import.meta.url))

/** worker.ts and all that it imports, as a script that needs no other file: gzip, in base64. */
export async function packWorker() {
  const { outputFiles } = await build({
    entryPoints: [here('worker.ts')],
    alias: { guestmem: here('../index.ts') },
    bundle: true,
    minify: true,
    write: false,
    // A script, and not a module: Node takes no module as text.
    format: 'iife',
    target: 'es2022',
    legalComments: 'none',
  })
  return gzipSync(outputFiles[0].contents, { level: 9 }).toString('base64')
}

let packed

/** A plugin of esbuild's. */
export const packedWorker = {
  name: 'packed-worker',
  setup(build) {
    build.onLoad({ filter: /[\\/]litmus[\\/]packed-worker\.ts$/ }, async () => {
      packed ??= packWorker()
      return { contents: `export const PACKED_WORKER = ${JSON.stringify(await packed)}`, loader: 'js' }
    })
  },
}
