import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
/** Every page whose snippets are run. */
const PAGES = ['README.md', 'docs/VFIO.md', 'docs/DMA.md', 'docs/DIRTY-LOG.md', 'docs/MEMORY.md', 'docs/EMULATORS.md']
const snippets = PAGES.flatMap(page =>
  [...readFileSync(join(root, page), 'utf8').matchAll(/^## (.*)\n(?:(?!^## )[\s\S])*?```ts\n([\s\S]*?)```/gm)].map(
    ([, title, code]) => ({ page, title: title as string, code: code as string }),
  ),
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

test.each(snippets)('$page: $title', async ({ code }) => {
  const folder = mkdtempSync(join(tmpdir(), 'guestmem-readme-'))
  try {
    const { outputFiles } = await build({
      stdin: { contents: withChecks(code), loader: 'ts', resolveDir: root },
      alias: { guestmem: join(root, 'src/index.ts'), 'guestmem/vfio': join(root, 'src/vfio/vfio.ts') },
      bundle: true,
      format: 'esm',
      target: 'es2022',
      write: false,
    })
    const file = join(folder, 'snippet.mjs')
    writeFileSync(file, (outputFiles[0] as { text: string }).text)
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
