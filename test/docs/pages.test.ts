import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { anchorsOf, linksOf } from './links.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const markdown = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.md'))
    .map(name => join(folder, name))
/** What is made, and not kept, is looked at where it is made. */
const PAGES = [
  ...['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md'],
  ...markdown('docs').filter(page => !page.startsWith('docs/api')),
  ...markdown('examples'),
]
/** Made by `npm run docs`. */
const MADE = /^docs\/api(?:\/|$)/

test.each(PAGES)('the links of %s lead somewhere', page => {
  for (const { path, anchor } of linksOf(read(page))) {
    const target = path === '' ? page : join(dirname(page), path)
    if (MADE.test(target)) continue
    expect([target, existsSync(join(root, target))]).toEqual([target, true])
    if (anchor !== undefined) expect(anchorsOf(read(target))).toContain(anchor)
  }
})

describe('guides', () => {
  const guides = readdirSync(join(root, 'docs/guides')).filter(name => name !== 'README.md')

  test('are all in the list, and in no other place', () => {
    const listed = linksOf(read('docs/guides/README.md')).map(({ path }) => path)
    expect(listed.filter(path => !path.startsWith('../')).sort()).toEqual(guides.sort())
  })

  test('are short enough to be finished in ten minutes', () => {
    for (const guide of guides)
      expect([guide, read(`docs/guides/${guide}`).split(/\s+/).length < 2500]).toEqual([guide, true])
  })
})
