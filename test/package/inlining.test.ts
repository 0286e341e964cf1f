import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'

/** V8 inlines no function that has more bytes of bytecode, and no more than the second into one that it compiles. */
const MOST_OF_ONE = 460
const MOST_OF_ALL = 920

/** A RAM and a device are accessed, so that every method of interest is compiled to bytecode. */
const PROGRAM = `
import { AddressSpace, GuestRam, MemoryRegion } from ${JSON.stringify(fileURLToPath(new URL('../../src/index.ts', import.meta.url)))}
const root = MemoryRegion.container('root', 2 ** 32)
root.addSubregion(0, MemoryRegion.ram('ram', GuestRam.allocate(65536).block('ram', 65536)))
root.addSubregion(65536, MemoryRegion.io('device', { read: () => 0, write() {} }, 4096))
const space = new AddressSpace('space', root)
for (const address of [0, 65536])
  for (const bits of [8, 16, 32]) space['store' + bits](address, space['load' + bits](address))
`

let folder = ''
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'guestmem-inlining-'))
  const { outputFiles } = await build({
    stdin: { contents: PROGRAM, resolveDir: folder },
    bundle: true,
    write: false,
    format: 'cjs',
    target: 'es2022',
    tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
  })
  writeFileSync(join(folder, 'program.cjs'), outputFiles[0]?.text ?? '')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Of the methods of that name with so many parameters: one, or the test does not know which it looks at. */
function bytecodeOf(name: string, parameters: number): number {
  const flags = ['--print-bytecode', `--print-bytecode-filter=${name}`]
  const printed = execFileSync(process.execPath, [...flags, join(folder, 'program.cjs')], { encoding: 'utf8' })
  const found = printed.matchAll(/^Bytecode length: (\d+)\nParameter count (\d+)$/gm)
  const lengths = [...found]
    .filter(([, , count]) => Number(count) === parameters + 1)
    .map(([, length]) => Number(length))
  expect([name, lengths.length]).toEqual([name, 1])
  return lengths[0] as number
}

test('the ways of devices are too long to be inlined into those of RAM (ARCHITECTURE.md, "Rules of the hot paths")', () => {
  for (const [name, parameters] of [
    ['load', 4],
    ['store', 5],
  ] as const)
    expect([name, bytecodeOf(name, parameters)]).toEqual([name, expect.toSatisfy(length => length > MOST_OF_ONE)])
})

test('those of RAM are short enough, together with what they call for cells', () => {
  const [load, store] = [bytecodeOf('#load', 4), bytecodeOf('#store', 5)]
  for (const bits of [8, 16, 32]) {
    const lengths = [bytecodeOf(`load${bits}`, 2) + load, bytecodeOf(`store${bits}`, 3) + store]
    for (const length of lengths) expect(length).toBeLessThan(MOST_OF_ALL - 200)
  }
})
