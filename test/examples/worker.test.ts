import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const EXAMPLE = here('../../examples/worker')

let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'guestmem-worker-'))
  await build({
    entryPoints: ['run.mjs', 'vcpu.mjs'].map(file => join(EXAMPLE, file)),
    alias: { guestmem: here('../../src/index.ts') },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    target: 'es2022',
  })
})
afterAll(() => rmSync(folder, { recursive: true }))

test.each([
  ['shared memory, two threads', ''],
  ['private memory, one thread', 'globalThis.crossOriginIsolated = false'],
])('%s: every packet is taken once, and whole', (how, before) => {
  const args = ['--import', `data:text/javascript,${before}`, join(folder, 'run.mjs')]
  const said = execFileSync(process.execPath, args, { encoding: 'utf8', timeout: 60_000 })
  expect(said).toBe(`${how}: the guest took 1000 packets, every byte right\n`)
})

const ISOLATED = ['same-origin', 'require-corp']
test.each([
  ['an isolated page', [], ISOLATED],
  ['a plain page', ['--plain'], [null, null]],
])('the server gives %s, with all that it loads', async (_, options, headers) => {
  const server = spawn(process.execPath, [join(EXAMPLE, 'serve.mjs'), '--port', '0', ...options])
  try {
    const said = await new Promise<string>((resolve, reject) => {
      server.stdout.once('data', text => resolve(String(text)))
      server.stderr.once('data', text => reject(new Error(String(text))))
    })
    const root = /http:\S+/.exec(said)?.[0] as string
    const seen = new Set<string>()
    const visit = async (name: string): Promise<void> => {
      if (seen.has(name)) return
      seen.add(name)
      const response = await fetch(new URL(name, root))
      expect([name, response.status]).toEqual([name, 200])
      expect(['Opener', 'Embedder'].map(whose => response.headers.get(`Cross-Origin-${whose}-Policy`))).toEqual(headers)
      const text = await response.text()
      // The package is built before the example is served, and may not be where this test runs.
      for (const [, next] of text.matchAll(/(?:from |src=|URL\()['"](\.\/[^'"]+)['"]/g))
        if (next !== './guestmem.js' || existsSync(here('../../dist/index.js'))) await visit(next as string)
    }
    await visit('./')
    const all = ['card', 'guest', 'machine', 'main', 'page', 'vcpu'].map(name => `./${name}.mjs`)
    expect([...seen]).toEqual(expect.arrayContaining(['./', ...all]))
    expect((await fetch(new URL('/../worker/../uart.mjs', root))).status).toBe(404)
  } finally {
    server.kill()
  }
})
