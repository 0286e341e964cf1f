// Which example shows each public name: a snippet that a test runs, or a program of examples/.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PAGES, snippetsOf } from './snippets.mjs'

const PROJECT = fileURLToPath(new URL('../..', import.meta.url))

/** All pieces of code that may show a name, the best first: guides, then the README and the other pages, then programs. */
function pieces() {
  const rank = page => (page.startsWith('docs/guides') ? 0 : page === 'README.md' ? 1 : 2)
  const pages = PAGES.toSorted((a, b) => rank(a) - rank(b))
  const snippets = pages.flatMap(page =>
    snippetsOf(page).map(({ title, anchor, code, files }) => ({
      title: `${page.replace(/^docs\//, '')}, ${title}`,
      target: `${page}#${anchor}`,
      code: [code, ...files].join('\n'),
    })),
  )
  const programs = readdirSync(join(PROJECT, 'examples'), { recursive: true })
    .filter(name => name.endsWith('.mjs'))
    .sort()
    .map(name => ({
      title: `examples/${name}`,
      target: `examples/${name}`,
      code: readFileSync(join(PROJECT, 'examples', name), 'utf8'),
    }))
  return [...snippets, ...programs]
}

const words = code => new Set(code.match(/\w+/g))

/**
 * @param names Of `reflect`.
 * @returns By name: `{ title, target, by }`, where `by` is the name that the example shows, if it is another: one that the
 *   docstring links to, or one whose declaration has this type. None for a name that no example leads to.
 */
export function examplesOf(names) {
  const found = new Map()
  // The imports name all that is used, and are no use.
  const code = pieces().map(piece => ({
    ...piece,
    words: words(piece.code.replace(/^import [\s\S]*? from .*$/gm, '').replace(/\/\/.*$/gm, '')),
  }))
  for (const { name } of names) {
    const piece = code.find(({ words }) => words.has(name))
    if (piece !== undefined) found.set(name, { title: piece.title, target: piece.target })
  }
  // What a docstring links to; and what other declarations name, from those that have an example; and from these on.
  for (let before = -1; before !== found.size; ) {
    before = found.size
    for (const { name, kind, comment } of names) {
      if (found.has(name)) continue
      const linked = comment.links.find(link => found.has(link))
      const isType = ['type', 'interface', 'class'].includes(kind)
      const user =
        linked ?? (isType ? names.find(other => found.has(other.name) && mentions(other, name))?.name : undefined)
      if (user !== undefined) found.set(name, { ...found.get(user), by: user })
    }
  }
  return found
}

/** Declarations do, or docstrings that name an option. */
function mentions({ code, members }, name) {
  return [code, ...members.map(member => member.code)].some(text => words(text).has(name))
}
