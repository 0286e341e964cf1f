// The pages of the manual whose snippets a test runs, and what is in them.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PROJECT = fileURLToPath(new URL('../..', import.meta.url))
const GUIDES = 'docs/guides'

/** A block that begins with the name of a file is that file, beside the program in the block after it. */
export const FILE = /^\/\/ ([\w-]+\.mjs)\b/

const guides = existsSync(join(PROJECT, GUIDES)) ? readdirSync(join(PROJECT, GUIDES)).sort() : []

/** Every page whose snippets are run; of the guides all. */
export const PAGES = [
  'README.md',
  'docs/VFIO.md',
  'docs/DMA.md',
  'docs/DIRTY-LOG.md',
  'docs/MEMORY.md',
  'docs/EMULATORS.md',
  'docs/PAGE-TABLE.md',
  'docs/ATOMICS.md',
  'docs/THREADS.md',
  'docs/SNAPSHOTS.md',
  'docs/WORKERS.md',
  ...guides.filter(name => name.endsWith('.md') && name !== 'README.md').map(name => `${GUIDES}/${name}`),
]

/** As GitHub names the anchor of a heading. */
export const anchorOf = heading =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-')

/**
 * @returns Each snippet that is run: `{ page, title, anchor, code, files }`. In a guide all JavaScript is run; elsewhere what
 *   is JavaScript may also be an excerpt, and is run if it says what it gives.
 */
export function snippetsOf(page) {
  const text = readFileSync(join(PROJECT, page), 'utf8')
  const heading = /^# (.*)$/m.exec(text)?.[1] ?? page
  return text.split(/^## /m).flatMap((section, index) => {
    const title = index === 0 ? heading : section.slice(0, section.indexOf('\n'))
    const isRun = (language, code) =>
      language === 'ts' || page.startsWith(GUIDES) || FILE.test(code) || code.includes('// => ')
    const codes = Array.from(section.matchAll(/^```([jt]s)\n([\s\S]*?)^```/gm))
      .filter(([, language, code = '']) => isRun(language, code))
      .map(([, , code = '']) => code)
    const files = codes.filter(code => FILE.test(code))
    return codes.filter(code => !FILE.test(code)).map(code => ({ page, title, anchor: anchorOf(title), code, files }))
  })
}
