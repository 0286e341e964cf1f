import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const snippets = [...readme.matchAll(/^## (.*)\n(?:(?!^## )[\s\S])*?```ts\n([\s\S]*?)```/gm)].map(
  ([, title, code]) => ({
    title: title as string,
    code: code as string,
  }),
)

/** `expression // => value` becomes a comparison; the snippet reads as it stands, and still can't lie. */
function withChecks(code: string): string {
  const checked = code.replace(/^(\S.*?)\s*\/\/ => (.*)$/gm, (_, actual, expected) => `check(${actual}, ${expected});`)
  return `declare const check: (actual: unknown, expected: unknown) => void\n${checked}`
}

test('there are snippets, and each says what it gives', () => {
  expect(snippets.length).toBeGreaterThanOrEqual(3)
  for (const { code } of snippets) expect(code).toMatch(/\/\/ => /)
})

test.each(snippets)('README: $title', async ({ code }) => {
  const folder = mkdtempSync(join(tmpdir(), 'guestmem-readme-'))
  try {
    const { outputFiles } = await build({
      stdin: { contents: withChecks(code), loader: 'ts', resolveDir: root },
      alias: { guestmem: join(root, 'src/index.ts') },
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
