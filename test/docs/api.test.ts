import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Example, examplesOf } from '../../docs/generate/examples.mjs'
import { pageOf, pagesOf } from '../../docs/generate/markdown.mjs'
import { DOORS, PROJECT, type PublicName, reflect } from '../../docs/generate/reflect.mjs'
import { anchorsOf, linksOf } from './links.ts'

let names: readonly PublicName[]
let examples: ReadonlyMap<string, Example>
let pages: ReadonlyMap<string, string>
beforeAll(async () => {
  names = await reflect()
  examples = examplesOf(names)
  pages = pagesOf(names, examples)
}, 120_000)

/** The names that a door's source exports, as they stand there. */
function exportedNames(path: string): string[] {
  const text = readFileSync(join(PROJECT, path), 'utf8')
  const lists = [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, list = '']) => list.split(','))
  return [...new Set(lists.map(name => name.trim().replace(/^.* as /, '')).filter(name => name !== ''))].sort()
}

describe('the reference', () => {
  test('has every name that a door exports, and no other', () => {
    expect(Object.keys(DOORS)).toEqual(expect.arrayContaining(['guestmem', 'guestmem/litmus', 'guestmem/qemu']))
    for (const [door, path] of Object.entries(DOORS))
      expect(
        names
          .filter(each => each.door === door)
          .map(({ name }) => name)
          .sort(),
      ).toEqual(exportedNames(path))
  })

  test('has a docstring of each', () => {
    expect(names.filter(({ comment }) => comment.text.length < 10).map(({ name }) => name)).toEqual([])
  })

  test('has an example of each, or a link to one', () => {
    expect(names.filter(({ name }) => !examples.has(name)).map(({ door, name }) => `${door}: ${name}`)).toEqual([])
  })

  test('names in docstrings that are links are names', () => {
    const known = new Set(names.map(({ name }) => name))
    const links = names.flatMap(({ name, comment, members }) =>
      [comment, ...members.map(member => member.comment)].flatMap(({ links }) => links.map(link => [name, link])),
    )
    expect(links.length).toBeGreaterThan(10)
    expect(links.filter(([, link = '']) => !known.has(link))).toEqual([])
  })

  test('has a heading, a declaration and the example of each name on its page, and is found from the list of all', () => {
    const index = pages.get('README.md') ?? ''
    for (const name of names) {
      const page = pages.get(pageOf(name)) ?? ''
      const [, section = ''] = page.split(`\n## ${name.name}\n`)
      const part = section.split('\n## ')[0] ?? ''
      expect([name.name, /^\n```ts\n[\s\S]+?\n```\n/.test(part)]).toEqual([name.name, true])
      expect(part).toContain('Example')
      expect(index).toContain(`[\`${name.name}\`](${pageOf(name)}#${name.name.toLowerCase()})`)
      for (const member of name.members) expect(part).toContain(member.name)
    }
  })

  test('shows no body, no value and nothing that is private', () => {
    const text = [...pages.values()].join('\n')
    expect(text).not.toMatch(/@internal|__PURE__|this\.#|^```ts\n.*\breturn\b/m)
    expect(names.flatMap(({ members }) => members).filter(({ code }) => code === '')).toEqual([])
    expect(names.filter(({ code }) => code === '')).toEqual([])
  })

  test('leads nowhere that is not there', () => {
    for (const [page, text] of pages)
      for (const { path, anchor } of linksOf(text)) {
        const [folder, file] = path.startsWith('../../') ? ['', path.slice(6)] : ['docs/api', path]
        const target = folder === '' ? undefined : pages.get(file || page)
        const there = path.startsWith('../guides') ? existsSync(join(PROJECT, 'docs', path.slice(3))) : undefined
        if (there !== undefined) expect([path, there]).toEqual([path, true])
        else if (target !== undefined) {
          if (anchor !== undefined) expect(anchorsOf(target)).toContain(anchor)
        } else {
          expect([path, existsSync(join(PROJECT, file))]).toEqual([path, true])
          if (anchor !== undefined) expect(anchorsOf(readFileSync(join(PROJECT, file), 'utf8'))).toContain(anchor)
        }
      }
  })
})
