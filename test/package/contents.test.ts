import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { LIMIT, problemsOfPackage } from './contents.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** `npm run package-check` makes the check of what is built; here it is the check that is tested. */
describe('the check of the package finds', () => {
  let project: string
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(project, path)), { recursive: true })
    writeFileSync(join(project, path), text)
  }
  const SOUND: Readonly<Record<string, string>> = {
    'package.json': JSON.stringify({
      main: './dist/index.cjs',
      exports: { '.': { import: { types: './dist/index.d.ts', default: './dist/index.js' } } },
      typesVersions: { '*': { qemu: ['./dist/qemu.d.ts'] } },
    }),
    'README.md': '',
    'CHANGELOG.md': '',
    LICENSE: '',
    'docs/RULES.md': '',
    'docs/hazards/h01.svg': '',
    'dist/index.cjs': '',
    'dist/index.js': 'export {}\n//# sourceMappingURL=index.js.map\n',
    'dist/index.js.map': JSON.stringify({ version: 3, sources: ['../src/index.ts'], mappings: '' }),
    'dist/index.d.ts': 'export declare const bytes: Uint8Array\n',
    'dist/qemu.d.ts': 'export {}\n',
  }
  const check = (unpackedSize = LIMIT, paths = Object.keys(SOUND)) =>
    problemsOfPackage({ files: paths.map(path => ({ path })), unpackedSize }, project)

  beforeEach(() => {
    project = mkdtempSync(join(tmpdir(), 'guestmem-package-'))
    for (const [path, text] of Object.entries(SOUND)) write(path, text)
  })
  afterEach(() => {
    rmSync(project, { recursive: true })
  })

  test('nothing in a sound one', () => {
    expect(check()).toEqual([])
  })

  test('that it is too large', () => {
    expect(check(LIMIT + 1)).toEqual([`${LIMIT + 1} bytes unpacked, of at most ${LIMIT}`])
  })

  test.each(Object.keys(SOUND).filter(path => !/package\.json|^dist.*(?:index\.js\.map|index\.js)$/.test(path)))(
    'that %s is left out',
    missing => {
      const named = missing.startsWith('dist') ? ', which package.json names,' : ''
      expect(
        check(
          0,
          Object.keys(SOUND).filter(path => path !== missing),
        ),
      ).toEqual([`${missing}${named} is not in the package`])
    },
  )

  test('sources in a map, and a map that is not there', () => {
    write('dist/index.js.map', JSON.stringify({ version: 3, sourcesContent: ['text'], mappings: '' }))
    expect(check()).toEqual(['dist/index.js.map holds the sources'])
    write('dist/qemu.d.ts', 'export {}\n//# sourceMappingURL=qemu.d.ts.map\n')
    expect(check()).toContain('dist/qemu.d.ts names qemu.d.ts.map, which is not there')
  })

  test('a type that the face declares and does not export', () => {
    const text =
      'interface Lane {}\ndeclare class RegionTree {}\ndeclare class Block {}\nexport { type A as B, Block };\n'
    write('dist/index.d.cts', `${text}type A = Lane\n`)
    const paths = [...Object.keys(SOUND), 'dist/index.d.cts']
    expect(check(0, paths)).toEqual(['dist/index.d.cts declares Lane, which is not exported'])
  })

  test('declarations of what is for the house alone, or for a later TypeScript', () => {
    write('dist/index.d.ts', '/** @internal */\nexport declare const bytes: Uint8Array<SharedArrayBuffer>\n')
    expect(check()).toEqual(['dist/index.d.ts shows what is marked @internal', 'dist/index.d.ts needs TypeScript 5.7'])
  })
})

test('package.json names what has side effects, and no address that is not there', () => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  expect(manifest.sideEffects).toEqual(['./dist/litmus-worker.js'])
  for (const field of ['repository', 'homepage', 'bugs']) expect(manifest).not.toHaveProperty(field)
  // Each door has declarations for TypeScript that does not read `exports`.
  const doors = Object.keys(manifest.exports).flatMap(name => /^\.\/([a-z-]+)$/.exec(name)?.[1] ?? [])
  expect(Object.keys(manifest.typesVersions['*']).sort()).toEqual(doors.sort())
})
