import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'
import { afterAll, describe, expect, test } from 'vitest'
import { ORDER_WAYS } from './live/order.ts'
import { race, type Seen } from './live/race.ts'
import { WORD_WAYS } from './live/word.ts'

// The engine itself, not a model of it: a device writes in one thread, a guest reads in another. Whether a bad copy is
// caught depends on the machine and its load, so that is printed and never fails; guestmem's must never be caught.

const MS = 250
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

// vitest does not transform what runs in a worker.
const { outputFiles } = buildSync({
  entryPoints: [here('./live/thread.ts')],
  alias: { guestmem: here('../../src/index.ts') },
  bundle: true,
  write: false,
  platform: 'node',
  format: 'cjs',
})
const script = outputFiles[0]?.text ?? ''

interface Entry extends Seen {
  readonly name: 'word' | 'order'
  readonly way: string
  readonly own: boolean
}
const entries: Entry[] = []

/** With fewer changes seen a run shows nothing: on a busy machine the threads take turns. */
const FEW = 1000

/** Nor does a run that caught no bad copy prove anything of a good one. */
function verdict({ name, own, met, caught }: Entry): string {
  if (caught > 0) return own ? 'WRONG' : 'caught'
  if (!own) return 'not seen in this run'
  const shown = met >= FEW && entries.some(other => other.name === name && !other.own && other.caught > 0)
  return shown ? 'none, as promised' : 'not shown in this run'
}

afterAll(() => {
  const line = (...columns: unknown[]): string =>
    columns.map((column, i) => (i === 0 ? String(column).padEnd(26) : String(column).padStart(10))).join('')
  console.log(
    [
      `Live, in two threads of ${process.version} (V8 ${process.versions.v8})`,
      line('the device copies with', 'changes', 'wrong'),
      ...entries.map(entry => `${line(entry.way, entry.met, entry.caught)}  ${verdict(entry)}`),
    ].join('\n'),
  )
})

describe.each([
  ['H1, H2: an aligned 4-byte word is never seen torn', 'word', WORD_WAYS],
  ['H12, H13: the last byte of a message moved up is never seen before the first', 'order', ORDER_WAYS],
] as const)('%s', (_, name, ways) => {
  test.each(Object.keys(ways))('%s', async way => {
    const own = way.startsWith('guestmem')
    const seen = await race(script, name, way, MS)
    entries.push({ ...seen, name, way, own })
    if (own) expect(seen.caught).toBe(0)
  })
})

test('a thread that dies fails its race', async () => {
  await expect(race(script, 'word', 'no such way', MS)).rejects.toThrow(TypeError)
})
