import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { GuestRam } from 'guestmem'
import { expect, test } from 'vitest'

const PROJECT = fileURLToPath(new URL('../..', import.meta.url))

/** The program as one module, with the library in it as it is in src. */
async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('support/plain-page.mjs', import.meta.url))],
    alias: { guestmem: `${PROJECT}src/index.ts` },
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
  })
  return outputFiles[0]?.text ?? ''
}

test.each(['with', 'without'])(
  'a page that is not isolated, %s WebAssembly: private memory, and no look at the name',
  async wasm => {
    const program = await bundle()
    const output = execFileSync(process.execPath, ['--input-type=module', '-', '', wasm], {
      input: program,
      encoding: 'utf8',
    })
    expect(JSON.parse(output)).toEqual({
      lane: 'engine',
      shared: false,
      order: 'host',
      equal: true,
      word: '44556677',
      device: [4, [[4, 7, 4]]],
      result: true,
      posted: expect.stringContaining('private guest RAM has no handle'),
      refused: expect.stringMatching(/^options\.shared is true, but threads can share no memory here/),
    })
  },
)

test('where threads can share memory it is shared unless it is to be private', () => {
  expect([GuestRam.allocate(8).shared, GuestRam.allocate(8, { shared: 'auto' }).shared]).toEqual([true, true])
  const ram = GuestRam.allocate(5000, { shared: false })
  expect([ram.shared, ram.lane.name, ram.buffer.byteLength]).toEqual([false, 'engine', 5000])
  expect(() => ram.handle).toThrow(/^private guest RAM has no handle/)
  expect(() => structuredClone(ram)).toThrow()
  expect(() => GuestRam.allocate(8, { shared: 1 as never })).toThrow(
    /^options\.shared must be one of auto, true, false, got 1$/,
  )
  expect(() => GuestRam.attach(GuestRam.allocate(8).handle, { shared: false })).toThrow(
    /^options\.shared is false, but the memory is shared$/,
  )
})
