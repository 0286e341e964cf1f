import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { expect, test } from 'vitest'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

test('a machine of two vCPUs, each in a thread', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'guestmem-threads-'))
  try {
    const outfile = join(folder, 'machine.mjs')
    await build({
      entryPoints: [here('../../examples/threads/machine.mjs')],
      alias: {
        guestmem: here('../../src/index.ts'),
        'guestmem/threads': here('../../src/threads/threads.ts'),
      },
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
    })
    const { stdout: said, stderr } = spawnSync(process.execPath, [outfile], { encoding: 'utf8', timeout: 60_000 })
    expect(stderr).toBe('')
    // Each vCPU's letters are in order; the window is gone for who took it away, at its next access.
    expect(said.replace(/[AB]/g, '')).toBe('ab+\n')
    expect(said.replace(/[^AB]/g, '')).toBe('AB')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
