// `npm run size`: what the built package costs a web page, as a bundler would ship it.
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const PROJECT = fileURLToPath(new URL('../..', import.meta.url))

/** The program `contents`, bundled for a browser and minified; `guestmem` is found through the package's own exports. */
async function bundle(contents) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: PROJECT },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    // A name that only Node has would make the bundle fail in a page: let it fail here.
    logLevel: 'error',
  })
  return outputFiles[0].contents
}

/** What an emulator needs to run: guest RAM, regions, address spaces and DMA windows. */
const CORE = 'AddressSpace, GuestRam, MemoryRegion, MemTxAttrs, MemTxResult'

const LIMITS = [
  { what: 'the core, minified and gzipped', program: `export { ${CORE} } from 'guestmem'`, gzip: true, limit: 33_150 },
  { what: 'everything, minified and gzipped', program: "export * from 'guestmem'", gzip: true, limit: 58_400 },
  { what: 'MemTxResult alone, minified', program: "export { MemTxResult } from 'guestmem'", gzip: false, limit: 1000 },
]

let failed = 0
for (const { what, program, gzip, limit } of LIMITS) {
  const code = await bundle(program)
  const bytes = gzip ? gzipSync(code, { level: 9 }).length : code.length
  const small = bytes > 0 && bytes < limit
  if (!small) failed++
  console.log(`${what}: ${bytes} bytes (limit ${limit}): ${small ? 'ok' : 'TOO MUCH'}`)
}
process.exit(failed > 0 ? 1 : 0)
