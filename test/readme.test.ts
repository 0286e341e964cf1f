import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
/** Every page whose snippets are run. */
const PAGES = [
  'README.md',
  'docs/VFIO.md',
  'docs/DMA.md',
  'docs/DIRTY-LOG.md',
  'docs/MEMORY.md',
  'docs/EMULATORS.md',
  'docs/PAGE-TABLE.md',
  'docs/ATOMICS.md',
]
/** A block that begins with the name of a file is that file, beside the program in the block after it. */
const FILE = /^\/\/ ([\w-]+\.mjs)\b/

const snippets = PAGES.flatMap(page =>
  readFileSync(join(root, page), 'utf8')
    .split(/^## /m)
    .flatMap(section => {
      const title = section.slice(0, section.indexOf('\n'))
      // What is JavaScript may also be an excerpt: it is run if it says what it gives.
      const codes = Array.from(section.matchAll(/^```([jt]s)\n([\s\S]*?)^```/gm))
        .filter(([, language, code = '']) => language === 'ts' || FILE.test(code) || code.includes('// => '))
        .map(([, , code = '']) => code)
      return codes
        .filter(code => !FILE.test(code))
        .map(code => ({ page, title, code, files: codes.filter(other => FILE.test(other)) }))
    }),
)

/** `expression // => value` becomes a comparison; the snippet reads as it stands, and still can't lie. */
function withChecks(code: string): string {
  const checked = code.replace(/^(\S.*?)\s*\/\/ => (.*)$/gm, (_, actual, expected) => `check(${actual}, ${expected});`)
  return `declare const check: (actual: unknown, expected: unknown) => void\n${checked}`
}

test('there are snippets, and each says what it gives', () => {
  expect(snippets.filter(({ page }) => page === 'README.md').length).toBeGreaterThanOrEqual(3)
  for (const page of PAGES) expect(snippets.some(snippet => snippet.page === page)).toBe(true)
  for (const { code } of snippets) expect(code).toMatch(/\/\/ => /)
})

async function bundle(code: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: code, loader: 'ts', resolveDir: root },
    alias: {
      guestmem: join(root, 'src/index.ts'),
      'guestmem/page-table': join(root, 'src/page-table/page-table.ts'),
      'guestmem/vfio': join(root, 'src/vfio/vfio.ts'),
    },
    bundle: true,
    format: 'esm',
    target: 'es2022',
    write: false,
  })
  return (outputFiles[0] as { text: string }).text
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
    rmSync(folder, { recursive: true })
  }
})

test('of a worker, what differs between Node and a page is as in the example that browsers run', () => {
  const [page = ''] = readFileSync(join(root, 'README.md'), 'utf8').split('## Memory that you have already')
  const lines = page.split('\n').filter(line => line.includes('worker_threads'))
  expect(lines.length).toBe(2)
  const example = ['vcpu.mjs', 'main.mjs']
    .map(file => readFileSync(join(root, 'examples/worker', file), 'utf8'))
    .join('')
  for (const line of lines) expect(example).toContain(line)
})
