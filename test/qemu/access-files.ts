import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'

const FIXTURES = fileURLToPath(new URL('../fixtures/qemu/access', import.meta.url))

export type Event = [string, string, number, string, string?]
export type Case = [string, string, string, number, string, Event[], string]

/** As far as tests look into a file themselves. */
export interface AccessFile {
  format: string
  target_big_endian: boolean
  flat: Record<string, [string, string, number, string][]>
  regions: Record<string, { name: string; type: string; abs: string; ops?: Record<string, unknown> }>
  cases: Case[]
}

/** The recordings: those of the project, or with CORPUS=folder those of a folder of the same layout, packed or not. */
export function accessFiles(): { name: string; load(): AccessFile }[] {
  const corpus = process.env.CORPUS
  const folder = corpus === undefined ? FIXTURES : join(corpus, 'access')
  const names = readdirSync(folder).filter(name => /\.json(\.gz)?$/.test(name))
  return names.sort().map(file => ({
    name: file.replace(/\.json(\.gz)?$/, ''),
    load: () => {
      const bytes = readFileSync(join(folder, file))
      return JSON.parse((file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8'))
    },
  }))
}

export function fixture(name: string): AccessFile {
  return JSON.parse(gunzipSync(readFileSync(join(FIXTURES, `${name}.json.gz`))).toString('utf8'))
}
