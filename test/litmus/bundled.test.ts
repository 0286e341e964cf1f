import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { BuildOptions } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildFiles, type Files } from './files.ts'

let files: Files
beforeAll(async () => {
  files = await buildFiles()
})
afterAll(() => {
  files.remove()
})

const APP = `
  import { formatLitmus, runLitmus } from 'guestmem/litmus'
  runLitmus({ seconds: 1 }).then(
    report => console.log(JSON.stringify({ verdict: report.verdict, rows: report.rows.length, text: formatLitmus(report).length })),
    error => console.log(JSON.stringify({ error: String(error) })),
  )
`

// `npm run bundles` has the other bundlers, and pages.
const WAYS: readonly (readonly [string, BuildOptions])[] = [
  ['a module', { format: 'esm', minify: true }],
  // It has no `import.meta.url`, which esbuild says.
  ['a CommonJS file', { format: 'cjs', logOverride: { 'empty-import-meta': 'silent' } }],
]

test.each(WAYS)('esbuild bundles the races and their threads into %s', async (name, options) => {
  const app = await files.bundle(name, APP, options)
  expect(readdirSync(dirname(app))).toHaveLength(1)
  const report = JSON.parse(execFileSync(process.execPath, [app], { encoding: 'utf8' }))
  expect(report).toEqual({
    verdict: expect.stringMatching(/^(as promised|not shown)$/),
    rows: 32,
    text: expect.any(Number),
  })
})
