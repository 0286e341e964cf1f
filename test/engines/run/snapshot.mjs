import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'

/**
 * Copies of the modules under test, and of guestmem/threads and guestmem/snapshot that lie beside each, so that every row of a
 * table is about the same build even where someone builds meanwhile. Under `cache`, which is inside the project: a `.js` file is ESM there by the word of package.json.
 */
export function snapshot(cache, modules) {
  const doors = modules.flatMap(path =>
    ['threads', 'snapshot'].map(door => join(dirname(path), `${door}${extname(path)}`)),
  )
  for (const path of [...modules, ...doors]) {
    if (existsSync(path)) continue
    console.error(`${path} is not there: run \`npm run build\` first`)
    process.exit(1)
  }
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'module-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const copies = modules.map(path => join(folder, basename(path)))
  for (const path of [...modules, ...doors]) copyFileSync(path, join(folder, basename(path)))
  const sha256 = createHash('sha256').update(readFileSync(copies[0])).digest('hex')
  return { copies, sha256 }
}
