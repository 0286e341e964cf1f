import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runProgram } from '../../../examples/smp/program/run-program.mjs'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'guestmem-smp-test-'))
const vcpu = join(folder, 'vcpu.mjs')
beforeAll(() =>
  build({
    entryPoints: [here('../../../examples/smp/vcpu.mjs')],
    alias: {
      guestmem: here('../../../src/index.ts'),
      'guestmem/page-table': here('../../../src/page-table/page-table.ts'),
      'guestmem/threads': here('../../../src/threads/threads.ts'),
    },
    outfile: vcpu,
    bundle: true,
    platform: 'node',
    format: 'esm',
  }).then(() => undefined),
)
afterAll(() => rmSync(folder, { recursive: true }))

/** The sum of what the disk's first half holds, modulo 2^64: word n is n times an odd number. */
function sumOf(sectors: number): bigint {
  const words = BigInt((sectors * 512) / 8)
  return BigInt.asUintN(64, ((words * (words - 1n)) / 2n) * 0x9e37_79b9_7f4an)
}

test.each([2, 3, 4])('%i harts lock, interrupt one another, and share the ring of a disk', async harts => {
  const [rounds, turns, sectors] = [200_000, 200, 50]
  const start = (workerData: object) => new Worker(vcpu, { workerData })
  const told = await runProgram({ harts, rounds, turns, sectors, start })
  const all = BigInt(harts * rounds)
  expect(told).toMatchObject({
    code: 0,
    printed: 'all harts are done\n',
    counts: { swap: all, reserved: all, added: all },
    turns: Array.from({ length: harts }, () => BigInt(turns)),
    sum: sumOf(sectors),
    wrongSectors: [],
  })
  // No hart idles: each has its rounds, of 20 instructions and more.
  for (const { instructions, calls } of told.runs) {
    expect(instructions).toBeGreaterThan(20 * rounds)
    expect(calls).toBeGreaterThan(turns)
  }
})

test('a hart whose thread fails ends the machine, and the other threads', async () => {
  const ended: Promise<unknown>[] = []
  const start = (workerData: object) => {
    const worker =
      ended.length === 1
        ? new Worker('throw new Error("this hart is broken")', { eval: true })
        : new Worker(vcpu, { workerData })
    ended.push(new Promise(resolve => worker.once('exit', resolve)))
    return worker
  }
  await expect(runProgram({ harts: 3, start })).rejects.toThrow('this hart is broken')
  // They wait for it at their first barrier, and would for good.
  await Promise.all(ended)
  expect(ended).toHaveLength(3)
})
