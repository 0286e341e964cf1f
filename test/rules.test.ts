import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const read = (path: string) => readFileSync(fileURLToPath(new URL(path, import.meta.url)), 'utf8')

/** A rule of docs/RULES.md, and the files that are said to test it. */
const lines = read('../docs/RULES.md').matchAll(/^\|\s*([A-M]\d+)\s*\|(.*)\|$/gm)
const rows = [...lines].map(([, rule = '', rest = '']) => {
  const cells = rest.split('|').map(cell => cell.trim())
  const files = [...(cells.at(-1) ?? '').matchAll(/`([^`]+)`/g)].map(([, file = '']) => file)
  return { rule, cells, files }
})

/** True if `text` speaks of the rule: by its name, or within a range of them, such as E1-E7. */
function cites(text: string, rule: string): boolean {
  const [group, number] = [rule.charAt(0), Number(rule.slice(1))]
  if (new RegExp(`\\b${rule}\\b`).test(text)) return true
  const ranges = text.matchAll(new RegExp(`\\b${group}(\\d+)-${group}?(\\d+)\\b`, 'g'))
  return [...ranges].some(([, from, to]) => Number(from) <= number && number <= Number(to))
}

describe('docs/RULES.md', () => {
  test('has every rule once, in order', () => {
    const last = { A: 7, B: 5, C: 10, D: 4, E: 13, F: 5, G: 9, H: 4, I: 5, J: 5, K: 6, L: 6, M: 4 }
    const all = Object.entries(last).flatMap(([group, most]) => Array.from({ length: most }, (_, i) => group + (i + 1)))
    expect(rows.map(({ rule }) => rule)).toEqual(all)
  })

  test.each(rows)('$rule: says what we do, and its tests cite it', ({ rule, cells, files }) => {
    expect(cells).toHaveLength(4)
    expect(files.length).toBeGreaterThan(0)
    for (const file of files) {
      const path = `./${file}`
      expect(existsSync(fileURLToPath(new URL(path, import.meta.url))), file).toBe(true)
      expect(cites(read(path), rule), `${file} cites ${rule}`).toBe(true)
    }
  })
})
