// `npm run docs`: the reference of all public names, docs/api, of the docstrings in src. It is made when the package is packed,
// and not kept with the sources.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { examplesOf } from './examples.mjs'
import { pagesOf } from './markdown.mjs'
import { PROJECT, reflect } from './reflect.mjs'

const folder = join(PROJECT, 'docs/api')
const names = await reflect()
const pages = pagesOf(names, examplesOf(names))
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
let bytes = 0
for (const [page, text] of pages) {
  writeFileSync(join(folder, page), text)
  bytes += Buffer.byteLength(text)
}
console.log(`docs/api: ${names.length} names on ${pages.size} pages, ${bytes} bytes`)
