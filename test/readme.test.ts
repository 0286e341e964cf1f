import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type BuildContext, context, type OutputFile, type Plugin } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FILE, PAGES, snippetsOf } from '../docs/generate/snippets.mjs'
import { packedWorker } from '../src/litmus/pack-worker.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const GLOBALS = new Set(Object.keys(globalThis))

const snippets = PAGES.flatMap(snippetsOf)

/** `expression // => value` becomes a comparison; the snippet reads as it stands, and still can't lie. */
function withChecks(code: string): string {
  const checked = code.replace(/^(\S.*?)\s*\/\/ => (.*)$/gm, (_, actual, expected) => `check(${actual}, ${expected});`)
  return `declare const check: (actual: unknown, expected: unknown) => void\n${checked}`
}

test('there are snippets, and each says what it gives', () => {
  expect(snippets.filter(({ page }) => page === 'README.md').length).toBeGreaterThanOrEqual(1)
  for (const page of PAGES) expect(snippets.some(snippet => snippet.page === page)).toBe(true)
  for (const { code } of snippets) expect(code).toMatch(/\/\/ => /)
})

/** What is bundled next, as if it were a file. */
let entry = ''
const snippet: Plugin = {
  name: 'snippet',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^snippet$/ }, ({ path }) => ({ path, namespace: 'snippet' }))
    onLoad({ filter: /./, namespace: 'snippet' }, () => ({ contents: entry, loader: 'ts', resolveDir: root }))
  },
}

let bundler: BuildContext
beforeAll(async () => {
  bundler = await context({
    entryPoints: ['snippet'],
    alias: {
      guestmem: join(root, 'src/index.ts'),
      'guestmem/litmus': join(root, 'src/litmus/litmus.ts'),
      'guestmem/qemu': join(root, 'src/qemu/qemu.ts'),
      'guestmem/page-table': join(root, 'src/page-table/page-table.ts'),
      'guestmem/threads': join(root, 'src/threads/threads.ts'),
      'guestmem/snapshot': join(root, 'src/snapshot/snapshot.ts'),
      'guestmem/trace': join(root, 'src/trace/trace.ts'),
      'guestmem/vfio': join(root, 'src/vfio/vfio.ts'),
    },
    bundle: true,
    external: ['node:*'],
    format: 'esm',
    target: 'es2022',
    // The races' threads are started from it: there is no file beside a snippet.
    plugins: [snippet, packedWorker],
    write: false,
  })
})
afterAll(() => bundler.dispose())

/** The library is parsed once for all. */
async function bundle(code: string): Promise<string> {
  entry = code
  const { outputFiles } = await bundler.rebuild()
  return (outputFiles as [OutputFile])[0].text
}

test.each(snippets)('$page: $title', async ({ code, files }) => {
  const folder = mkdtempSync(join(tmpdir(), 'guestmem-readme-'))
  try {
    for (const other of files) writeFileSync(join(folder, FILE.exec(other)?.[1] as string), await bundle(other))
    const file = join(folder, 'snippet.mjs')
    writeFileSync(file, await bundle(withChecks(code)))
    let checks = 0
    Object.assign(globalThis, {
      check(actual: unknown, expected: unknown) {
        checks++
        expect(actual).toEqual(expected)
      },
    })
    await import(/* @vite-ignore */ pathToFileURL(file).href)
    expect(checks).toBe(code.split('// => ').length - 1)
  } finally {
    // What one snippet gives its process, as a page's `Worker` in Node, is not there for the next.
    for (const name of Object.keys(globalThis)) if (!GLOBALS.has(name)) Reflect.deleteProperty(globalThis, name)
    rmSync(folder, { recursive: true })
  }
})

test('the README is one screen of what it is, and links', () => {
  const lines = readFileSync(join(root, 'README.md'), 'utf8').split('\n')
  expect(lines.length).toBeLessThan(120)
})

test('of a worker, what differs between Node and a page is as in the example that browsers run', () => {
  const [page = ''] = readFileSync(join(root, 'docs/WORKERS.md'), 'utf8').split('\n## Memory')
  const lines = page.split('\n').filter(line => line.includes('worker_threads'))
  expect(lines.length).toBe(2)
  const example = ['vcpu.mjs', 'main.mjs']
    .map(file => readFileSync(join(root, 'examples/worker', file), 'utf8'))
    .join('')
  for (const line of lines) expect(example).toContain(line)
})
