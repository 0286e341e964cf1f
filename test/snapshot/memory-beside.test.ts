import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const MIB = 2 ** 20
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))

describe('beside the guest memory of 256 MiB, of which 64 are used, so many MiB are taken at most', () => {
  let folder = ''
  const figures: Record<string, number> = {}
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'guestmem-memory-'))
    buildSync({
      entryPoints: [here('support/memory-beside.ts')],
      alias: { guestmem: here('../../src/index.ts'), 'guestmem/snapshot': here('../../src/snapshot/snapshot.ts') },
      bundle: true,
      outfile: join(folder, 'memory-beside.mjs'),
      platform: 'node',
      format: 'esm',
    })
  })
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true })
    console.log(`MiB beside the guest's: ${JSON.stringify(figures)}`)
  })

  test.each([
    ['save', 16],
    ['save to a file', 16],
    ['restore from a stream, over zeros', 64],
    ['restore from a file, over 40 MiB', 64],
    ['restore from a file, over 64 MiB', 64],
  ])('%s: %i', (how, most) => {
    const args = ['--expose-gc', join(folder, 'memory-beside.mjs'), how, join(folder, 'machine'), 'collects']
    const { before, peak } = JSON.parse(`${execFileSync(process.execPath, args)}`)
    // The guest's own memory was all there.
    expect(before).toBeGreaterThan(256 * MIB)
    expect(peak).toBeGreaterThanOrEqual(before)
    figures[how] = Math.round((peak - before) / MIB)
    expect(peak - before).toBeLessThan(most * MIB)
  })
})
