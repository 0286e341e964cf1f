import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'

const FIXTURES = fileURLToPath(new URL('../fixtures/qemu', import.meta.url))

/** A folder with the layout of the fixtures, `.gz` or not; more recordings can be given to the same tests. */
const CORPUS = process.env.CORPUS ?? FIXTURES

export interface Recorded {
  readonly name: string
  readonly text: string
}

/** The recordings of one kind: `maps`, `changes` or `monitor`. */
export function recordings(folder: string, ending: string): Recorded[] {
  const path = join(CORPUS, folder)
  const files = readdirSync(path).filter(file => file.replace(/\.gz$/, '').endsWith(ending))
  return files.sort().map(file => {
    const bytes = readFileSync(join(path, file))
    const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
    return { name: file.replace(/\.gz$/, '').slice(0, -ending.length), text }
  })
}

export interface RecordedRange {
  readonly start: string
  readonly end: string
  readonly type: string
  readonly nv?: boolean
  readonly priority: number
  readonly name: string
  readonly offset_in_region: string
  readonly region: number
}

export interface RecordedMachine {
  readonly match: { readonly level: string }
  readonly address_spaces: readonly { readonly name: string; readonly root: number; readonly flatview: number }[]
  readonly regions: readonly { readonly id: number; readonly name: string }[]
  readonly flatviews: readonly { readonly ranges: readonly RecordedRange[] }[]
}
